"""What the errors vary with."""
