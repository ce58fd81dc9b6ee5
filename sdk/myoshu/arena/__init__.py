"""Matches: players, games with rotating seats, statistics, perfect play of small games, every line an opponent has."""
