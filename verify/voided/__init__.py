"""Voided documents: the published list of them, read strictly, and what it says about the document at hand. Pure."""
