"""Batches at work: worker processes on DBOS, and the crews that a command or the service starts."""
