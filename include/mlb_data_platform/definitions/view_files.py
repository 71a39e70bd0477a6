"""The views whose SQL follows from a mapping, as files of `sql/views`."""

from __future__ import annotations

from pathlib import Path

from mlb_data_platform.files import write_changed
from mlb_data_platform.mapping.corrections_view import view
from mlb_data_platform.mapping.load import all_mappings
from mlb_data_platform.settings import SQL_DIR

VIEWS_DIR = SQL_DIR / "views"


def write(folder: Path = VIEWS_DIR) -> list[Path]:
    """Write the views that are not in `folder` as they should be, and return those files."""
    return write_changed(folder, texts())


def texts() -> dict[str, str]:
    """Return the SQL of each view by the name of its file."""
    return {
        f"{mapping.endpoint}_{mapping.corrections.view}.sql": view(mapping, mapping.corrections)
        for mapping in all_mappings()
        if mapping.corrections
    }
