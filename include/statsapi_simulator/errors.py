"""The error for what somebody gave and cannot be used."""

from __future__ import annotations


class InputError(ValueError):
    """An option or a folder of recordings cannot be used. Its text is one line that says which one and why."""
