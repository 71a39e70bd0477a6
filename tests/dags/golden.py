"""Golden files: what was looked at and found right.

`UPDATE_GOLDEN=1 python -m pytest tests/dags` writes them anew; read the diff.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

GOLDEN_DIR = Path(__file__).parent / "golden"


def assert_golden(name: str, found: Any) -> None:
    """Assert that `found`, as YAML, is what golden/NAME.yaml holds."""
    path = GOLDEN_DIR / f"{name}.yaml"
    text = _dump(found)
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text == expected, f"{path.name} differs; if that is meant: UPDATE_GOLDEN=1 pytest tests/dags"


def _dump(value: Any) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()
