"""Tests of the offline bundle."""
