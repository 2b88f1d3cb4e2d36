"""What every file is made of: units, strict records, sources, places, and documents that know their lines."""
