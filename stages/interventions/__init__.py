"""Ask a trained network again about images whose pixels were changed."""
