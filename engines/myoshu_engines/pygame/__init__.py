"""An agent in a Pygame game: what it sees, its seat, what it thinks on the screen, and the game as a thing to learn."""
