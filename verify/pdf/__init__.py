"""PDF documents: revisions, what changed after a signature and who allowed it, and the signature dictionaries themselves."""
