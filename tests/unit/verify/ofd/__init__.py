"""Packages of OFD, read and judged."""
