"""Judging electronic seal data: bare seals, and what can be said of a seal signature without its document."""
