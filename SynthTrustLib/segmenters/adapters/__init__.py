"""Adapters: what makes probabilities per region on a case's grid of a network, or of an outline made elsewhere."""
