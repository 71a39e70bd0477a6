"""A Stats API of our own: a synthetic, deterministic season, or recorded responses, served by URL."""

__version__ = "0.1.0"
