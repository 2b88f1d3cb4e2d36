"""Scores from bw2calc on in-memory datapackages: no Brightway project is read or written."""
