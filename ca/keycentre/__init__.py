"""The key centre (密钥管理中心): encryption key pairs, their envelopes, escrow and recovery."""
