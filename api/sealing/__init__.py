"""Sealing for callers: what it works with, what callers name, and what becomes of finished documents."""
