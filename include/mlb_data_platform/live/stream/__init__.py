"""Streaming a date: what its followers keep becomes rows, as it comes."""
