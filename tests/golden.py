"""Golden files: what was looked at and found right. `make generate` writes them anew; read the diff."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def assert_golden(path: Path, found: str) -> None:
    """Assert that the file at `path` holds `found`. Tests that call it are marked `golden`."""
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(found, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert found == expected, f"{path.name} differs; if that is meant: make generate"


def as_yaml(value: Any) -> str:
    """Return a value as YAML, the same text for the same value."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()
