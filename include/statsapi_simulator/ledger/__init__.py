"""What games add up to: the course and the lines of each, kept small, and their sums."""
