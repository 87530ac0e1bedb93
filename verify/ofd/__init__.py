"""Verification of OFD packages (GB/T 33190-2016): the package, its signatures, what they protect and what they leave open."""
