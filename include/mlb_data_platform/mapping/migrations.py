"""`mlb-etl schema generate`: writes the migration a new or grown mapping needs, and remembers what there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import RootModel, ValidationError

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.files import write_whole
from mlb_data_platform.mapping.ddl import create, extend
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.shape import Shape, Snapshot, shape
from mlb_data_platform.settings import SQL_DIR
from mlb_data_platform.yaml_models import StrictModel

MIGRATIONS_DIR = SQL_DIR / "migrations"
SNAPSHOT = "snapshot.json"  # what the migrations create, mapping by mapping: what the next one is compared with
DRAFTS = "drafts.json"  # the migrations of these that nobody has but who wrote them: they can be taken back


class Draft(StrictModel):
    """A migration that was generated and is not released: of which mapping, what was there before, and its hash."""

    mapping: str
    before: Shape | None
    sha256: str


class Drafts(RootModel[dict[str, Draft]]):
    """The drafts by the name of their file."""


class Generated(NamedTuple):
    """The files that were written, and the drafts that were taken back for them."""

    written: list[Path]
    taken_back: list[Path]


def generate(
    mappings: Iterable[Mapping], folder: Path = MIGRATIONS_DIR, *, accept: bool = False, redraft: bool = False
) -> Generated:
    """Write one migration for each mapping that asks for more than the migrations in `folder` create.

    They are drafts, to be reviewed and committed. With `redraft` the drafts there are are taken back first: what they
    create is generated anew. With `accept` nothing is compared and no migration written: the mappings are taken as what
    the migrations create, which are drafts no more. Raises BadInputError as `extend` does, and for a draft that cannot
    be taken back.
    """
    wanted = {mapping.name: mapping for mapping in mappings}
    if accept:
        _keep(folder, _shapes(wanted), {})
        return Generated([], [])
    known, drafts = snapshot(folder), _drafts(folder)
    taken_back = _taken_back(folder, known, drafts) if redraft else []
    needed = {name: _needed(mapping, known.get(name), drafts) for name, mapping in wanted.items()}
    for file in taken_back:
        file.unlink()
    written = []
    for name, sql in needed.items():
        if sql.strip():
            written.append(_write(folder, wanted[name], sql))
            drafts[written[-1].name] = Draft(mapping=name, before=known.get(name), sha256=_sha256(written[-1]))
    _keep(folder, known | _shapes(wanted), drafts)
    return Generated(written, taken_back)


def _taken_back(folder: Path, known: dict[str, Shape], drafts: dict[str, Draft]) -> list[Path]:
    """Return the files of all drafts, and take out of `known` and `drafts` what they stand for."""
    others = [file.name for file in folder.glob("[0-9]*.sql") if file.name not in drafts]
    files = []
    for name in sorted(drafts, reverse=True):
        file, draft = folder / name, drafts.pop(name)
        if not file.exists() or _sha256(file) != draft.sha256:
            raise BadInputError(f"{file} was changed after it was generated: only what is as it was is taken back")
        if later := [other for other in others if other > name]:
            raise BadInputError(f"{file} cannot be taken back: {min(later)} follows it, and is no draft")
        files.append(file)
        known.pop(draft.mapping, None)
        if draft.before is not None:
            known[draft.mapping] = draft.before
    return files


def snapshot(folder: Path = MIGRATIONS_DIR) -> dict[str, Shape]:
    """Return what the migrations in `folder` create, by mapping. Raises BadInputError for a file of another form."""
    file = folder / SNAPSHOT
    if not file.exists():
        return {}
    try:
        return Snapshot.model_validate_json(file.read_bytes()).root
    except ValidationError:
        raise BadInputError(
            f"{file} is of another form: where the migrations create what the mappings ask for, write it again with"
            " `mlb-etl schema generate --accept`"
        ) from None


def _drafts(folder: Path) -> dict[str, Draft]:
    file = folder / DRAFTS
    if not file.exists():
        return {}
    try:
        return Drafts.model_validate_json(file.read_bytes()).root
    except ValidationError:
        raise BadInputError(f"{file} is of another form: delete it, and its migrations are drafts no more") from None


def _needed(mapping: Mapping, known: Shape | None, drafts: dict[str, Draft]) -> str:
    try:
        return create(mapping) if known is None else extend(mapping, known)
    except BadInputError as error:
        own = sorted(name for name, draft in drafts.items() if draft.mapping == mapping.name)
        if not own:
            raise
        hint = f"as long as nobody has applied its drafts ({', '.join(own)}), `mlb-etl schema generate --redraft` does"
        raise BadInputError(f"{error}; {hint}") from None


def _shapes(mappings: dict[str, Mapping]) -> dict[str, Shape]:
    return {name: shape(mapping) for name, mapping in mappings.items()}


def _keep(folder: Path, known: dict[str, Shape], drafts: dict[str, Draft]) -> None:
    _write_json(folder / SNAPSHOT, Snapshot(known).model_dump())
    if drafts:
        _write_json(folder / DRAFTS, Drafts(drafts).model_dump())
    else:
        (folder / DRAFTS).unlink(missing_ok=True)


def _write_json(file: Path, content: Any) -> None:
    write_whole(file, json.dumps(content, indent=1, sort_keys=True) + "\n")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _write(folder: Path, mapping: Mapping, sql: str) -> Path:
    number = max((int(file.name[:4]) for file in folder.glob("[0-9]*.sql")), default=0) + 1
    file = folder / f"{number:04d}_{mapping.endpoint}_{mapping.method}.sql"
    write_whole(
        file,
        f"-- Generated by `mlb-etl schema generate` from {mapping.name}; reviewed and committed.\n\n{sql.rstrip()}\n",
    )
    return file
