"""Extending stored documents before their newest time-stamp fades: evidence and a new document time-stamp over everything."""
