"""A strict reader of our own for documents that are written as ISO 32000-2 has it; what is not, is refused by name."""
