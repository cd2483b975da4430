"""The images, from their home, a local archive or scikit-learn, as arrays in data/raw."""
