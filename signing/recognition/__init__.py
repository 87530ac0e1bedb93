"""Recognition between installations: our own trusted list, the lists of others, who accepted what."""
