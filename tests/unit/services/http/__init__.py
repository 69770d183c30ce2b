"""The way out, as pure functions."""
