"""A game as feed/live writes it, at any moment and in the shape of any year."""
