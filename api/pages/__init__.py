"""Web pages: verify a file, seal one, the console of the desks, what anyone may look up."""
