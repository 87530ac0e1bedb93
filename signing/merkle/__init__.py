"""One signature over many documents: the head of a Merkle tree is signed, each document gets a proof of its place."""
