"""Who may do what, and how often: scopes, API keys, sessions, limits on those without a key."""
