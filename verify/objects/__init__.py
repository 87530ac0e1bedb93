"""Bare objects: certificates, revocation lists, OCSP answers, time-stamps, lists, answers and proofs, each judged for itself."""
