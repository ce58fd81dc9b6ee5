"""Gymnasium's environments with discrete actions as myoshu games of one player."""
