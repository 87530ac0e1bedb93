"""Signatures in a file of their own, over any file: CAdES (EN 319 122-1) and GB/T 35275."""
