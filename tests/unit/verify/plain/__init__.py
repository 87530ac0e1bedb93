"""The reader of plain documents, and what it makes quick."""
