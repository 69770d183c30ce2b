"""Tests of single functions: no process, no network. Folders as in ``graders`` and ``reports``."""
