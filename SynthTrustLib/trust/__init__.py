"""trust: from probabilities and maps to the rows of the scorecard."""
