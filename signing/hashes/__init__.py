"""Signing digests for remote clients: authorised each by its permit, signed once."""
