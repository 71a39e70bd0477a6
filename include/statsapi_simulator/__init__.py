"""A Stats API of our own: a synthetic, deterministic season, or recorded responses, served by URL."""
