"""Forged PDFs by the families of what was published about forging them; :mod:`tests.pdf_attacks.every` lists all."""
