"""Bytes, policy and evidence in; a report out. Pure: no database, no network, no keys."""
