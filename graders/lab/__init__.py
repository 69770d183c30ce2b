"""The lab: the sheet that dictates it, and what a class and a learner make of it."""

from graders.lab.lab import Lab, Leniency, Session
from graders.lab.learner import Learner
from graders.lab.sheet import SHEET, Sheet
from graders.lab.targets import spelled, targets

__all__ = ["SHEET", "Lab", "Learner", "Leniency", "Session", "Sheet", "spelled", "targets"]
