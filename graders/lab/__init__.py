"""The lab: the sheet that dictates it, and what a class and a learner make of it."""

from graders.lab.lab import Lab, Leniency, Session
from graders.lab.learner import Learner
from graders.lab.places import places, spelled
from graders.lab.sheet import SHEET, Sheet

__all__ = ["SHEET", "Lab", "Learner", "Leniency", "Session", "Sheet", "places", "spelled"]
