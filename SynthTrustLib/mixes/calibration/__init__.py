"""What disagreement is worth: fitted on labelled patients that no segmenter was trained on, and tested on others."""
