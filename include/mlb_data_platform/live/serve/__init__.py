"""Telling others what has been published: live states and changes in Redis."""
