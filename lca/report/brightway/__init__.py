"""A study as a Brightway project."""
