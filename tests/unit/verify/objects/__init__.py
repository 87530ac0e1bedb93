"""Bare objects judged alone."""
