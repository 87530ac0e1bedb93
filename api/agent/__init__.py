"""The desk agent: a local program that lets a page use the token in the keeper's own computer, by the keeper's leave."""
