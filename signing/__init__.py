"""Sealing a document: prepare, sign, time-stamp, check, record."""
