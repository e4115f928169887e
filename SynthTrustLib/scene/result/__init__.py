"""A run in a scene: its nodes found again, stored, edited, archived."""
