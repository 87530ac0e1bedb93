"""Cross certificates: another installation's authority, recognised under its own policies, names and depth."""
