"""Licences inside sealed documents."""
