"""What is found out about the errors: one file a finding, in the order of the page."""
