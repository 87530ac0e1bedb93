"""Forged PDFs at random: whatever two readers show otherwise than it was signed may not be called valid."""
