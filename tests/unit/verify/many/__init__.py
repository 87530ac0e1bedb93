"""Tests of verifying many documents at once."""
