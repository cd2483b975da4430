"""What changes in training do: learning from an image, and one setting at a time."""
