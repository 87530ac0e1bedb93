"""Verification reports sealed by the verification service: allowed, reserved, drawn, signed, checked, kept."""
