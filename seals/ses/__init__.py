"""Electronic seal data: what a seal of the registry is outside this house (GM/T 0031, GB/T 38540)."""
