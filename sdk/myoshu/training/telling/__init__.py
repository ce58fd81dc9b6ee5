"""What a run says of itself, to people and to files."""
