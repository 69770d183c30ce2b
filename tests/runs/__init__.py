"""Tests of whole runs, as a user starts them."""
