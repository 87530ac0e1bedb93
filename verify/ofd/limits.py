"""How large and long a foreign OFD package may be. Real invoices have 20 entries, thick case files some thousands."""

from __future__ import annotations

from typing import Final

MAX_ENTRIES: Final = 20_000
"""Entries of one package: ten thousand pages with a picture each."""
MAX_NAME_OCTETS: Final = 512
"""One entry's name; real ones have under 80."""
MAX_FOLDERS: Final = 32
"""Folders within folders; real packages have five."""
MAX_ENTRY_OCTETS: Final = 256 * 1024 * 1024
"""One entry unpacked: the largest are scans and embedded fonts of some 20 MB."""
MAX_TOTAL_OCTETS: Final = 1024 * 1024 * 1024
"""All entries unpacked, twice the largest document handed in: text deflates to a tenth, scans not at all."""
MAX_DIGESTED: Final = 1536 * 1024 * 1024
"""Octets digested in one package: every file once, and half of them again for a signature by another method."""
MAX_RATIO: Final = 250
"""Unpacked to packed octets of the whole: repetitive page content reaches 40; deflate itself ends at 1,032."""
RATIO_FROM: Final = 16 * 1024 * 1024
"""Below this total nothing is a bomb, whatever its ratio."""
MAX_XML_OCTETS: Final = 32 * 1024 * 1024
"""One XML file; pages of dense vector maps reach 10 MB."""
MAX_XML_NODES: Final = 500_000
"""Elements and attributes of one XML file: five times a dense vector map; its tree takes a hundred megabytes."""
MAX_XML_NODES_TOTAL: Final = 1_500_000
"""Elements and attributes of all XML read in one package: four thousand pages of text; some five seconds."""
MAX_XML_DEPTH: Final = 64
"""Nesting of elements; the schemas of GB/T 33190 need about fifteen, page blocks nest further."""
MAX_XML_TOTAL: Final = 256 * 1024 * 1024
"""XML octets read in one package."""
MAX_SIGNATURES: Final = 200
"""Signatures of one package, all its lists together, as of one PDF."""
MAX_REFERENCES: Final = MAX_ENTRIES
"""References of one signature: one for each entry."""
MAX_REFERENCES_TOTAL: Final = 200_000
"""References of all signatures of one package: two hundred signatures over a thousand files each."""
MAX_STAMPS: Final = 20_000
"""Stamp annotations of one signature: a seam seal has one on each page."""
MAX_DOCUMENTS: Final = 64
"""DocBody elements: nearly all packages have one."""
MAX_PAGES: Final = MAX_ENTRIES
"""Pages: each is an entry of its own."""
MAX_VALUE_OCTETS: Final = 10 * 1024 * 1024
"""A signed value: an SES_Signature with its seal (see :mod:`seals.ses.limits`)."""
MAX_VALUE_TOTAL: Final = 64 * 1024 * 1024
"""All signed values and seals of one package: two hundred with large pictures."""
MAX_NAMED: Final = 200
"""Files that a report names of one kind and one signature; sentences count them all."""
MAX_NAMED_TOTAL: Final = 1000
"""Files that a report names of one kind, of all signatures together, beyond some of each."""
MAX_SHOWN_PATH: Final = 120
"""Characters of a path that is told of: real ones have under 80."""
MAX_PATH: Final = 1024
"""One location written in XML."""
MAX_LOCATIONS: Final = 8 * 1024 * 1024
"""Characters of all locations in lists and descriptions that are relative, or name nothing: a hundred thousand ordinary ones."""
