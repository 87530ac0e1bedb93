"""The console: the desks of the registration officer, the token officer and the key centre, as pages."""
