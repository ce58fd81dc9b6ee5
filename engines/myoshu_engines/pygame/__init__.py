"""An agent in a Pygame game: what it sees, its seat, its thoughts on the screen, and the game to learn from."""
