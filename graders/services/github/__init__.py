"""GitHub: the repositories of a class."""
