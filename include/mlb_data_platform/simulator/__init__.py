"""A Stats API of our own, on the loopback interface."""
