"""Kits for testing: networks with random weights in complete bundles, scripted evaluations, game conformance."""
