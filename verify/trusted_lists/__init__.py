"""Trust lists: ETSI TS 119 612 (XML) and TS 119 602 (JSON), read and written, and what stands in them as anchors."""
