"""Several records of one thing as one: ranks of a distributed run, repeats."""
