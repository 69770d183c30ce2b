"""What people hand in: cohort file, rosters, lab file. Validated, every problem at once."""
