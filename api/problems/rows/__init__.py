"""Rows of the table of problems, by the subject that raises the errors."""
