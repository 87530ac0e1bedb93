"""Our own incremental PDF writer (ISO 32000-2 §7.5.6): read once, hash once, write once; what it does not know for certain it leaves to pyHanko."""
