"""The report's claims C1 to C7: one file a claim, with its text, its evidence and the rule that judges it."""
