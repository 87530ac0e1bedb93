"""Reports that others can check: in the shape of ETSI TS 119 102-2, on one page, signed; and reading such reports."""
