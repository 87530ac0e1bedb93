"""The seals of this installation behind the remote signing API of the Cloud Signature Consortium."""
