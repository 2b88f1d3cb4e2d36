"""Measured campaigns: a grid of compressed models, each run in turn with the model it was made from."""
