"""report: the scorecard as HTML, JSON, CSV and pictures."""
