"""The cryptographic module: algorithms, keys, signers, tokens."""
