"""What the large-kernel convolution is worth: speed, growth, arithmetic and memory, measured."""
