"""The page and the pictures that show what the error analysis found."""
