"""HTTP, web pages, command line, settings, wiring and migrations."""
