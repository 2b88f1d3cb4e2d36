"""Pages about the catalogue: completeness and sources."""
