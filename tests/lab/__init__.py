"""GRADED: the rubric, one file per task of the lab sheet."""
