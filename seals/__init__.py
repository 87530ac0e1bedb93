"""The registry: a physical and an electronic seal as one record, its picture, its states, permission to use."""
