"""Several enterprises seal one document (多方签署): a round, its parties in order or free, every version kept."""
