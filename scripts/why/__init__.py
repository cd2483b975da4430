"""The error analysis of predictions made elsewhere: docs/own-predictions.md."""
