"""What single errors are put down to."""
