"""Coverage-guided fuzzing of every parser of foreign bytes: one target each, a kept corpus of seeds, one command."""
