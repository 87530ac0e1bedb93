"""The demonstration: the main job once, then desks and seals that can be tried."""
