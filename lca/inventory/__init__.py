"""What files say becomes a catalogue of linked activities, each with what is known of it and what is not."""
