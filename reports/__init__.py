"""WRITES: turns verdicts into files for people and machines."""
