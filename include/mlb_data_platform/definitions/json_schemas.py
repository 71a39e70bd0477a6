"""JSON Schemas of the YAML files, from the models that load them: editors complete and check while one types."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.written import WrittenMapping
from mlb_data_platform.settings import PROJECT_DIR

SCHEMAS_DIR = PROJECT_DIR / "include" / "schemas"
_MODELS: dict[str, type[BaseModel]] = {"mapping.schema.json": WrittenMapping, "job.schema.json": Job}


def write(folder: Path = SCHEMAS_DIR) -> list[Path]:
    """Write the schemas that are not in `folder` as they should be, and return those files."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = {folder / name: text for name, text in texts().items() if _text_of(folder / name) != text}
    for file, text in changed.items():
        file.write_text(text, encoding="utf-8")
    return list(changed)


def texts() -> dict[str, str]:
    """Return the text of each schema by the name of its file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        name: json.dumps({**dialect, **model.model_json_schema()}, indent=2, ensure_ascii=False) + "\n"
        for name, model in _MODELS.items()
    }


def _text_of(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None
