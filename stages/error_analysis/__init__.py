"""Why are these images misclassified? Statistics, interventions and the page, from the saved predictions of the grid's runs."""
