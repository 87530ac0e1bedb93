"""Tests: our own incremental PDF writer."""
