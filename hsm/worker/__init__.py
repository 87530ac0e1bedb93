"""The process that holds one token: the only place where a vendor's PKCS#11 library is loaded."""
