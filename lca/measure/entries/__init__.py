"""What counters read, or a model says, as energy with its range."""
