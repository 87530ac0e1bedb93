"""Trust lists: their forms, the attacks on them, what they vouch for."""
