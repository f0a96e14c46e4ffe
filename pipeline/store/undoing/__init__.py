"""What a decision changed, row by row, and how the rows become again what they were."""
