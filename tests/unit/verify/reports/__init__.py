"""Tests of verification reports."""
