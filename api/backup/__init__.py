"""Backup of a whole installation, its restoration, and the drill that proves both."""
