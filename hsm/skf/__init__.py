"""Keys in UKeys and chips behind an SKF library (GM/T 0016): applications, containers, PINs that the chip counts."""
