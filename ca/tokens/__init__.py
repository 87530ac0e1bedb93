"""Tokens and chips: inventory, life cycle, containers, PIN letters, unblocking, ranges of chip numbers."""
