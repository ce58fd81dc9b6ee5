"""The memory of games: trajectories, the replay, records on disk."""
