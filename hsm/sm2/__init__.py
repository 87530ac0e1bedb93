"""SM2 (GB/T 32918, GM/T 0003): keys, signatures and ciphertexts; three makers that judge each other."""
