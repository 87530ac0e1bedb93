"""How the world is told what a certificate's status is: revocation lists and their shards, OCSP."""
