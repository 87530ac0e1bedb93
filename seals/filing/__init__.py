"""Filing and engraving: shops, jobs, imprints, the chip in the seal body, delivery, the filing officer, the national platform."""
