"""How a game unfolds, pitch by pitch, by the rules of baseball."""
