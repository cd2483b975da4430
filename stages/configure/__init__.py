"""Check params.yaml and write each network's effective settings."""
