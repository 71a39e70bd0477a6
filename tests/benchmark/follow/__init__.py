"""`make bench-follow`: fifteen games of a simulated date, followed."""
