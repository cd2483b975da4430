"""Why are these images misclassified? Statistics, interventions and the page, from the runs' predictions."""
