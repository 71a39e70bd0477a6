"""Drafting: from responses of an endpoint a first mapping that holds all of them, for a person to go over."""
