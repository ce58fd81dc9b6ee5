"""Batches of positions and targets, and the steps that the networks take towards them."""
