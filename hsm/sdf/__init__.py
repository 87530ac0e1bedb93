"""Keys in cryptographic devices behind an SDF library (GM/T 0018): key indices and their access rights."""
