"""What relying parties, verifiers and auditors take from this installation, and what it keeps of others."""
