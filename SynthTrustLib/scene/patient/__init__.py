"""The patient's own nodes: contrasts and outlines that were there before the run."""
