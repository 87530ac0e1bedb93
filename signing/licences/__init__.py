"""Electronic licences (电子证照): a document sealed by the authority that grants it, and its record."""
