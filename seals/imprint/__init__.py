"""Imprints on paper and the pictures of seals: reading scans, comparing, cleaning, drawing as pixels."""
