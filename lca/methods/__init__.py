"""Elementary flows and impact categories, read from the user's own bw2io files without importing bw2io."""
