"""What the device interfaces SDF (GM/T 0018) and SKF (GM/T 0016) have in common."""
