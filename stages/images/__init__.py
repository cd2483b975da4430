"""What is done to images: read, edit, occlude."""
