"""What a catalogue that loads can still get wrong."""
