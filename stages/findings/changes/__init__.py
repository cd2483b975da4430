"""What would have made them right."""
