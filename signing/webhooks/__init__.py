"""Signed messages to other people's addresses: kept until they are delivered, never sent into a private network."""
