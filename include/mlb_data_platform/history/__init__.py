"""What the tables have been: every correction, every moment."""
