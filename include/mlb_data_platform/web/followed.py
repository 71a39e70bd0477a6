"""The mapping of what is followed live: what it is called, and what Redis is told of it."""

from __future__ import annotations

import asyncio

from mlb_data_platform.mapping.load import followed_mapping
from mlb_data_platform.mapping.models import Mapping


async def followed() -> Mapping:
    """Return it; others are answered while its YAML is read, once, which takes a second."""
    is_known = followed_mapping.cache_info().currsize > 0
    mapping, _ = followed_mapping() if is_known else await asyncio.to_thread(followed_mapping)
    return mapping
