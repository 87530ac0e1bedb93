"""Verification for callers: verifiers in processes of their own, orders, reports, acceptance."""
