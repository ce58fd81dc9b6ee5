"""The sources of games: self-play and reanalysis, in this process or in others."""
