"""The Stats API over HTTP: what it answers at a moment, what goes wrong on demand, and how to steer it."""
