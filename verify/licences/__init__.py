"""Electronic licences inside sealed documents: what they call themselves, and whether who sealed them may grant them."""
