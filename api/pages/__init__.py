"""The two web pages: verify a file, and seal one."""
