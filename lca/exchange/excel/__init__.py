"""Scenarios in a workbook, one column each: written for people to fill in, and read back."""
