"""Adapters between tesuji and game engines."""
