"""How long documents are kept, what may not be deleted, and what is left of those that were."""
