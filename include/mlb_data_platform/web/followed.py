"""The mapping of what is followed live: what it is called, and what Redis is told of it."""

from __future__ import annotations

import asyncio

from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.mapping.models import Mapping


async def followed() -> Mapping:
    """Return it; others are answered while its YAML is read, once, which takes a second."""
    mapping, _ = await asyncio.to_thread(followed_mapping)
    return mapping
