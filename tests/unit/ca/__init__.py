"""Tests: ca."""
