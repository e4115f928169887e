"""What the views show."""
