"""Tables and explanations on the terminal."""
