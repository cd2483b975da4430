"""Divide the data set's training images into those that networks learn from and those held out."""
