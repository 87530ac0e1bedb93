"""The test suite: see docs/architecture.md for which folder tests what."""
