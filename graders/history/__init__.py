"""Which result counts over several runs, and where they are kept."""
