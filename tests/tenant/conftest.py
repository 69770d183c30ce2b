"""What the tests of the simulated tenant share."""

from tests.support.branches import pytest_runtest_protocol

__all__ = ["pytest_runtest_protocol"]
