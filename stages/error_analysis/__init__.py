"""Why are these images misclassified? Tables of every finding and the verdicts on the report's claims."""
