"""JSON Schemas of the YAML files, from the models that load them: editors complete and check while one types."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from mlb_data_platform.files import write_changed
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.jobs.notifiers import Notifiers
from mlb_data_platform.mapping.written import WrittenMapping
from mlb_data_platform.settings import PROJECT_DIR

SCHEMAS_DIR = PROJECT_DIR / "include" / "schemas"
_MODELS: dict[str, type[BaseModel]] = {
    "mapping.schema.json": WrittenMapping,
    "job.schema.json": Job,
    "notifiers.schema.json": Notifiers,
}


def write(folder: Path = SCHEMAS_DIR) -> list[Path]:
    """Write the schemas that are not in `folder` as they should be, and return those files."""
    return write_changed(folder, texts())


def texts() -> dict[str, str]:
    """Return the text of each schema by the name of its file."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        name: json.dumps({**dialect, **model.model_json_schema()}, indent=2, ensure_ascii=False) + "\n"
        for name, model in _MODELS.items()
    }
