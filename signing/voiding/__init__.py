"""Voiding a sealed document (作废): agreed by every sealer's enterprise, recorded, signed and published."""
