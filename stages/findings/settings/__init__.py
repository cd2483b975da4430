"""What the settings do."""
