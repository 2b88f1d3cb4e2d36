"""Scenarios against each other: break-even, fronts, limits, and what the repeats can tell."""
