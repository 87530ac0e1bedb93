"""Tests: verify."""
