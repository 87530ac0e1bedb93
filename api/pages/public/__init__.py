"""Pages that anyone may open: a seal by its code, an enterprise by its number."""
