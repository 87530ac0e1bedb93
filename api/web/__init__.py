"""HTTP around every route: who asks, headers, limits, retries, descriptions, streams of events, numbers."""
