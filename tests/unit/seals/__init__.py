"""Tests of the seals room."""
