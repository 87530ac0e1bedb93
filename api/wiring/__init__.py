"""Parts that the composition root puts together: the ground, what the settings choose, desks with many neighbours."""
