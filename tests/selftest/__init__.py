"""OURS: tests of the instrument itself."""
