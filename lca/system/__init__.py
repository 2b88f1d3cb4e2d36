"""From a scenario to its product system: the tagged foreground exchanges per functional unit."""
