"""Scenarios and inventories in and out in forms that people fill in: workbooks, forms of the local page, text."""
