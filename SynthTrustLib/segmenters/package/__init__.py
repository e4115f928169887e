"""Segmenter packages: card, weights, hashes, and which of them there are."""
