"""What is remembered of the games: trajectories, the replay, records on disk."""
