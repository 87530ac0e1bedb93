"""Tests: hsm."""
