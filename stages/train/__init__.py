"""Train one network with one seed."""
