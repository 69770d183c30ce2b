"""What the tests of whole runs share: the demo class, graded once."""

from __future__ import annotations

from tests.support.graded_classes import class_of_200, demo

__all__ = ["class_of_200", "demo"]
