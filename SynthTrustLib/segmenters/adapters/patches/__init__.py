"""The adapter ``patches``: networks of other frameworks, that see windows of a volume or of its slices."""
