"""The kinds of file an inventory is made of, and what each becomes."""
