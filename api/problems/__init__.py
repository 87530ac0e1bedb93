"""Errors as problems (RFC 9457): one table, from error class to what a caller is told."""
