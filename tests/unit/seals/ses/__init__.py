"""Tests of seal data."""
