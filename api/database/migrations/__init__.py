"""Alembic migrations of every room's tables."""
