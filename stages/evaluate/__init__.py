"""Measure one trained network: its predictions, scores, confusions, and random examples."""
