"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mlb_data_platform.errors import BadInputError


def write_whole(path: Path, text: str, *, private: bool = False) -> None:
    """Write `text` to `path`, whole or not at all; what is `private` only its owner can read.

    Raises BadInputError where it cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666), "wb") as file:
            file.write(text.encode())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadInputError(f"{path}: cannot be written: {error.strerror}") from None


def write_changed(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the files of `folder` that have another text than these, by their names; return which those were.

    Raises BadInputError where one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    changed = [
        (file, text)
        for file, text in ((folder / name, text) for name, text in texts.items())
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    for file, text in changed:
        write_whole(file, text)
    return [file for file, _ in changed]
