"""OpenSpiel's games as myoshu games, myoshu agents as OpenSpiel's bots, and OpenSpiel's own players."""
