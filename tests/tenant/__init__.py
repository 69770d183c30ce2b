"""Tests of the simulated tenant, and of the graders on it."""
