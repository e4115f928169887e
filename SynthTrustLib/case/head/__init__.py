"""What the head looks like: its extent, its skull, a cavity."""
