"""Scenarios assessed together: one tidy table of scores, and views of it."""
