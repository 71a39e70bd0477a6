"""The games of one simulated date, and the programs for them, which may be killed: what the bench and tests share."""
