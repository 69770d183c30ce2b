"""What needs no answer of a service."""
