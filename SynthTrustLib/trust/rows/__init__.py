"""The rows of the scorecard, one file a group."""
