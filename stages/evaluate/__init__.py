"""What one trained network answers, and how often it is right."""
