"""What the settings of the grid do."""
