"""Evidence records (制度证据记录): what the registry holds about one use of a seal, signed to travel with the document."""
