"""Where finished documents lie, by the SHA-256 of their octets: a folder, or a bucket of any S3 API."""
