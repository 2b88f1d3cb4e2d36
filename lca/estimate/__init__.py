"""What a gap probably holds."""
