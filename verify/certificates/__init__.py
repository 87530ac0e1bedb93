"""Certificates: paths, their rules, purposes, revocation then and now."""
