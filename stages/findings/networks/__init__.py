"""The networks, one by one and beside each other."""
