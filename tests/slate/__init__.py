"""The games of one simulated date, followed by programs that may be killed: what the bench and a test of it share."""
