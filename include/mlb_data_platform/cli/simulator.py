"""`mlb-etl simulator`: the commands of `statsapi-simulator`, under the platform's name."""

from __future__ import annotations

from statsapi_simulator.cli import app

__all__ = ["app"]
