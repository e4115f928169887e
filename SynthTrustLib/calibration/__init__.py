"""calibration: what disagreement is worth, learned on labelled patients and tested on others."""
