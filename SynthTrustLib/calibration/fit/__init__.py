"""What is fitted on labelled patients."""
