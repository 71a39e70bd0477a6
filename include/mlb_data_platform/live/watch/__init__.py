"""Watching a date: its schedule is kept fresh while its games are played."""
