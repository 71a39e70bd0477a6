"""Turns the MLB Stats API into a PostgreSQL data mart, live and historical, from one code path."""

__version__ = "0.1.0"
