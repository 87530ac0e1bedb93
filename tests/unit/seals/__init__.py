"""Tests: seals."""
