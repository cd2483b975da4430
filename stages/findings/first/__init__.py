"""What to look at first."""
