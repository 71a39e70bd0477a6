"""How the MLB Stats API is asked: the catalogue of its endpoints, the polite client, recordings instead of requests."""
