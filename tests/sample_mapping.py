"""A small mapping that has one of each thing a mapping can have, as the YAML that a person writes."""

from __future__ import annotations

from pathlib import Path

from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import Mapping

SAMPLE = """\
endpoint: chess
method: live_match_v1
schema_version: 1
description: A chess match.
request: {path: "/api/v1/match/{match_id}"}
natural_key:
  match_id: {type: bigint, parameter: match_id, path: $.id}
  language: {type: text, parameter: lang}
version_table: live_match_metadata
common:
  match_id: {type: bigint, path: $.id}
tables:
  live_match_metadata:
    description: One row per match.
    rows: $
    columns:
      started_on: {type: date, path: [start.official, start.original], description: The organiser's date.}
      language: {type: text, parameter: lang, default: en}
    indexes: [[started_on]]
  live_match_moves:
    description: One row per move.
    rows: $.moves[*]
    key: [move_index]
    columns:
      move_index: {type: integer, position: moves}
      piece: {type: text, path: piece.code}
      seconds: {type: double precision, path: clock.used}
    quality:
      - {rule: between, column: seconds, low: 0}
  live_match_seconds:
    description: Who helps each side.
    rows: $.sides['white','black'].people.*
    where: [{path: helps, equals: true}]
    key: [side, board, person_id]
    views_by: side
    columns:
      side: {type: text, member: sides}
      board: {type: integer, path: board, divide_by: 100}
      person_id: {type: integer, path: id}
  live_match_protests:
    description: Protests against a move, or against the match.
    sources:
      - rows: $.protests[*]
        columns: {protest_index: {position: protests}}
      - rows: $.moves[*].protests[*]
        columns: {move_index: {position: moves}, protest_index: {position: protests, plus: 1}}
    key: [move_index, protest_index]
    nullable_key: [move_index]
    searched: [text]
    columns:
      move_index: {type: integer}
      protest_index: {type: integer}
      text: {type: text, path: text}
ignore:
  - {path: $..link, reason: a URL made of the id}
  - {path: "$.moves[*].drawing", reason: "how a board shows it"}
"""


def write(folder: Path, old: str = "", new: str = "") -> Path:
    """Write the sample below `folder` where a mapping of its name lies, `old` replaced once by `new`."""
    assert not old or SAMPLE.count(old) == 1, f"the sample has '{old}' {SAMPLE.count(old)} times"
    file = folder / "chess" / "live_match_v1.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SAMPLE.replace(old, new) if old else SAMPLE, encoding="utf-8")
    return file


def sample(folder: Path, old: str = "", new: str = "") -> Mapping:
    """Return the sample as it loads, `old` replaced once by `new`. Raises YamlProblems where that does not fit."""
    return load_mapping_file(write(folder, old, new))
