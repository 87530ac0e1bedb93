"""The second proof: case, rule, approvals and keeper behind a seal, from a signed evidence record."""
