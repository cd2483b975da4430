"""A folder of the user's pictures: networks trained on it, compared and explained, in a clone of this checkout."""
