"""Tests of judging seal data."""
