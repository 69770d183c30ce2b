"""Tests of one folder of the product."""
