"""A run's reports, to people and to files."""
