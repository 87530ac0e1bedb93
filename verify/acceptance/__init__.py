"""The third answer: whether a department accepts a document for an act, by its own policy, which is data."""
