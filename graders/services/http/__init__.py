"""The one way out: read-only, retried, bounded, and noted."""
