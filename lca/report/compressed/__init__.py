"""What a report tells of compressed models."""
