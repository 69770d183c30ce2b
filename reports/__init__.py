"""WRITES: turns verdicts into what people and machines read."""
