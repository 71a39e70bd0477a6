"""Files that are written whole or not at all."""

from __future__ import annotations

import os
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
