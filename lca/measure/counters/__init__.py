"""What can be read of the hardware: counters that grow from the start of the run."""
