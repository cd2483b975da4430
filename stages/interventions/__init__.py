"""One trained network, asked again: about images whose pixels were changed, and for what it sees in others."""
