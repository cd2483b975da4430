"""Choose what each run learns from."""
