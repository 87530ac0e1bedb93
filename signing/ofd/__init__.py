"""OFD (GB/T 33190-2016): sealing packages, their integrity file, and making documents of our own."""
