"""Answers gathered from several doors, the same for a page, a route and a command."""
