"""Sealing in two steps, with a key that is elsewhere: prepared here, signed there, completed here."""
