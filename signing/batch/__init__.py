"""Orders over many documents: one desk, one record, any number of workers."""
