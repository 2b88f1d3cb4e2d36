"""Databases of the user's own: read once by bw2io in a process of its own, compiled, and mapped to our activities."""
