"""Tests of smart stamps."""
