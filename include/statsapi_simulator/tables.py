"""The simulator's data files: tables that are facts, not behaviour."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML


@cache
def table(name: str) -> Any:
    """Return the content of `data/NAME.yaml`. It is shared: copy what you change."""
    text = (files(__package__) / "data" / f"{name}.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe").load(text)
