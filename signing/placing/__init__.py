"""Where a seal goes: wishes in words, layouts in millimetres, seam slices, keywords found in a reader's text."""
