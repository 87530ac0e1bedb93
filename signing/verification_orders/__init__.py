"""Orders to verify many documents in the background: handed in, judged one by one, told as results, removed after a time."""
