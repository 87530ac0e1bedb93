"""A smart stamp in software: its own key and memory, fakes of its parts, honest or not, and faults on demand."""
