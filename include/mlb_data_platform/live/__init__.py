"""Follows what is going on: each change of a document is kept as it comes."""
