"""What every finding is computed with: the sample of predictions, the grid, intervals, resamples, people's votes."""
