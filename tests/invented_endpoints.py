"""Endpoints that nobody has, each with what a mapping of its kind needs: small responses, and the rows they become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from mlb_data_platform.mapping.load import load_mapping_file
from mlb_data_platform.mapping.models import Mapping

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Endpoint:
    """A mapping as one writes it, one request with its response, and the rows of each table, in its columns' order.

    `fewer` is a response with as little as there can be.
    """

    name: str
    text: str
    parameters: dict[str, Any]
    response: Any
    rows: Rows
    fewer: Any

    def mapping(self, folder: Path) -> Mapping:
        """Return the mapping as it loads from a file below `folder`."""
        endpoint, _, method = self.name.partition(".")
        file = folder / endpoint / f"{method}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        head = f"endpoint: {endpoint}\nmethod: {method}\nschema_version: 1\ndescription: For a test.\n"
        file.write_text(head + self.text, encoding="utf-8")
        return load_mapping_file(file)


EVALUATIONS = Endpoint(
    "chess.evaluations",
    """\
request: {path: "/api/v1/match/{match_id}/evaluations"}
natural_key:
  match_id: {type: bigint, parameter: match_id}
version_table: evaluated_matches
common:
  match_id: {type: bigint, parameter: match_id}
tables:
  evaluated_matches:
    description: One row per match, also of one without a move. The response, an array, does not name it.
    rows: $
    columns: {}
  evaluated_moves:
    description: One row per move.
    rows: $[*]
    key: [position]
    columns:
      position: {type: integer, position: $}
      move_index: integer
      white_wins: {type: double precision, path: chance.white}
  evaluated_lines:
    description: One row per line that was looked at.
    rows: $[*].lines[*]
    key: [position, line_index]
    columns:
      position: {type: integer, position: $}
      line_index: {type: integer, position: lines}
      move_index: {type: integer, path: moveIndex, of: $}
      text: {type: text, path: "@"}
ignore:
  - {path: "$[*].link", reason: an address of the API}
""",
    {"match_id": 7},
    [
        {"moveIndex": 0, "chance": {"white": 52.5}, "lines": ["e4 e5", "e4 c5"], "link": "/x"},
        {"moveIndex": 4, "chance": {"white": 0}},
    ],
    {
        "evaluated_matches": [(7,)],
        "evaluated_moves": [(7, 0, 0, 52.5), (7, 1, 4, 0.0)],
        "evaluated_lines": [(7, 0, 0, 0, "e4 e5"), (7, 0, 1, 0, "e4 c5")],
    },
    [],
)

RANKING = Endpoint(
    "league.ranking",
    """\
request: {path: /api/v1/ranking}
natural_key:
  season: {type: text, parameter: season, path: "$.records[*].teamRecords[*].season"}
version_table: rankings
null_if: ["-", "-.--"]
groups:
  split: {wins: integer, pct: numeric}
common:
  season: {type: integer, parameter: season}
tables:
  rankings:
    description: One row per season.
    rows: $
    columns: {}
  team_records:
    description: One row per team.
    rows: $.records[*].teamRecords[*]
    where:
      - {path: kind, in: [first, second]}
      - any: [{path: team.id, differs: 99}, {path: wins, present: true}]
    key: [team_id]
    columns:
      team_id: {type: integer, path: team.id}
      division_id: {type: integer, path: division.id, of: records}
      games_back: numeric
      games_back_text: {type: text, path: gamesBack}
      streak: {type: text, null_if: ["-"], path: streak}
      At home: {group: split, prefix: home_, path: home, null_if: [".---"]}
      On the road: {group: split, prefix: away_, path: away}
      last_ten: {type: "integer[]", path: lastTen}
      nick_names: {type: "text[]", path: nickNames}
      splits: {type: jsonb, path: splits}
ignore:
  - {path: $.copyright, reason: not of interest here}
""",
    {"season": 2026},
    {
        "copyright": "x",
        "records": [
            {
                "division": {"id": 200},
                "teamRecords": [
                    {
                        "season": "2026",
                        "kind": "first",
                        "team": {"id": 1},
                        "gamesBack": "-",
                        "streak": "-",
                        "home": {"wins": 4, "pct": ".---"},
                        "away": {"wins": "-", "pct": ".512"},
                        "lastTen": [7, 3],
                        "nickNames": ['The "A"s', "back\\slash", None],
                        "splits": {"left": [{"wins": 1.50}], "odd key": "é"},
                    },
                    {"season": "2026", "kind": "second", "team": {"id": 2}, "gamesBack": "1.5", "lastTen": []},
                    {"season": "2026", "kind": "second", "team": {"id": 99}},
                    {"season": "2026", "kind": "third", "team": {"id": 3}},
                ],
            }
        ],
    },
    {
        "rankings": [(2026,)],
        "team_records": [
            (
                *(2026, 1, 200, None, "-", None, 4, None, None, Decimal(".512"), [7, 3]),
                *(['The "A"s', "back\\slash", None], {"left": [{"wins": 1.5}], "odd key": "é"}),
            ),
            (2026, 2, 200, Decimal("1.5"), "1.5", None, None, None, None, None, [], None, None),
        ],
    },
    {"records": []},
)

SQUAD = Endpoint(
    "club.squad",
    """\
request: {path: "/api/v1/clubs/{clubId}/squad", parameters: [date]}
natural_key:
  club_id: {type: bigint, parameter: clubId, path: "$.squad[*].parentClubId"}
  squad_date: {type: text, parameter: date}
dates: {column: squad_date}
require: [$.squad]
version_table: squads
common:
  club_id: {type: bigint, parameter: clubId}
  squad_date: {type: date, parameter: date}
tables:
  squads:
    description: One row per club and date, also of one without players.
    rows: $
    columns: {}
  squad_members:
    description: One row per player.
    rows: $.squad[*]
    key: [person_id]
    columns:
      person_id: {type: integer, path: person.id}
""",
    {"clubId": 7, "date": "2026-07-04"},
    {"squad": [{"person": {"id": 1}, "parentClubId": 7}, {"person": {"id": 2}, "parentClubId": 7}]},
    {
        "squads": [(7, date(2026, 7, 4))],
        "squad_members": [(7, date(2026, 7, 4), 1), (7, date(2026, 7, 4), 2)],
    },
    {"squad": []},
)

PEOPLE = Endpoint(
    "club.members",
    """\
request: {path: /api/v1/members}
natural_key:
  person_ids: {type: text, parameter: personIds, many: person_id, path: "$.members[*].id"}
dates: {column: squad_date, table: club.squad_members}
require: [$.members]
version_table: members_normalized
tables:
  members_normalized:
    description: One row per member.
    rows: $.members[*]
    key: [person_id]
    columns:
      person_id: {type: integer, path: id}
      full_name: text
    quality:
      - {rule: complete, columns: [full_name]}
  member_clubs:
    description: One row per club a member was in.
    rows: $.members[*].clubs[*]
    key: [person_id, club_index]
    columns:
      person_id: {type: integer, path: id, of: members}
      club_index: {type: integer, position: clubs}
      club_id: {type: integer, path: id}
""",
    {"personIds": "2,10"},
    {"members": [{"id": 2, "fullName": "B", "clubs": [{"id": 7}, {"id": 8}]}, {"id": 10, "fullName": "J"}]},
    {"members_normalized": [(2, "B"), (10, "J")], "member_clubs": [(2, 0, 7), (2, 1, 8)]},
    {"members": [{"id": 10, "fullName": "J"}]},
)

ALL = (EVALUATIONS, RANKING, SQUAD, PEOPLE)
