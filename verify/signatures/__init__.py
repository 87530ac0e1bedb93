"""One signature, whatever holds it: its container, what it protects, its time, and the steps that judge it."""
