"""Sealing and making OFD."""
