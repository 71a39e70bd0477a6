"""Random histories of a date that is streamed: what its games go through, what is captured of it, and what breaks.

Only what happens, as data that reads well in a report of a failure; `tests/integration/live_world.py` makes it happen.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from hypothesis import strategies as st

from tests.synthetic import feed
from tests.synthetic.plays import plays

Json = dict[str, Any]
GAMES = 2
WRITERS = 3  # 0 commits each row at once; the others keep transactions open
_LAST_MINUTE = 12

EditKind = Literal[
    "play added", "play changed", "play removed", "plays swapped", "retimed", "pitch inserted", "pitch changed",
    "runs", "status", "settled", "shapeless", "against a rule", "of another game",
]  # fmt: skip
MappingName = Literal["strict", "lenient"]
"""One that refuses what is against a rule, and one that takes it, and reads the text of a play elsewhere."""
_BAD: tuple[EditKind, ...] = ("shapeless", "against a rule", "of another game")
_GOOD: tuple[EditKind, ...] = (
    "play added", "play added", "play changed", "play removed", "plays swapped", "retimed", "pitch inserted",
    "pitch changed", "runs", "status", "settled",
)  # fmt: skip
_STATUSES = {"S": "Scheduled", "P": "Warmup", "I": "In Progress", "O": "Game Over", "U": "Suspended", "F": "Final"}
_POOL = plays()


@dataclass(frozen=True)
class Edit:
    """How a state differs from the acceptable one before it; `in_place`: without a new revision."""

    kind: EditKind
    place: int = 0
    in_place: bool = False


@dataclass(frozen=True)
class State:
    """A document of a game, and which mappings take it."""

    content: Json
    accepted_by: tuple[MappingName, ...] = ("strict", "lenient")

    @property
    def revision(self) -> str:
        """Its metaData.timeStamp."""
        return str(self.content["metaData"]["timeStamp"])


@dataclass(frozen=True)
class Captured:
    """A row of the raw tier: a state of a game as it was in some minute.

    `base` is the state from which a patch starts; a patch that is `garbled` fits nothing, and one that went `astray`
    fits and leads elsewhere than its row says. A whole document may lack its copyright, as a fallback of diffPatch
    does. Content that is stored is `seen` again if whoever captures it looks.
    `tells_xact`: whether the row says which transaction it is of.
    """

    game: int
    state: int
    minute: int
    how: Literal["whole", "fallback", "patch", "garbled", "astray", "seen"] = "whole"
    base: int = 0
    writer: int = 0
    tells_xact: bool = True
    names: Literal["all", "revision", "hashes"] = "all"


@dataclass(frozen=True)
class Ends:
    """A writer's transaction is committed, or rolled back."""

    writer: int
    commits: bool


@dataclass(frozen=True)
class Ticks:
    """The stream ticks, `first` of which the rest happens meanwhile: at the `point` of its work."""

    point: Literal["before", "applied", "serving"] = "before"
    meanwhile: tuple[Captured | Ends | Happens, ...] = ()


@dataclass(frozen=True)
class Happens:
    """Something befalls the services or the stream.

    In a tick `killed` is the end of the stream there and then, and `taken over` lets another one work through a tick
    before this one, whose session is broken, goes on. What is `deployed` is the other mapping: stream and batch are
    ended, and begin again with it.
    """

    what: Literal[
        "batch", "batch of all", "offset lost", "offset old", "cache away", "cache back", "cache emptied", "killed",
        "sessions broken", "a minute passes", "game listed", "taken over", "deployed",
    ]  # fmt: skip


Step = Captured | Ends | Ticks | Happens


@dataclass(frozen=True)
class History:
    """What the games go through, and what happens in order; the second game is listed from the beginning, or later."""

    edits: tuple[tuple[Edit, ...], ...]
    steps: tuple[Step, ...]
    listed: int = GAMES


def _first() -> Json:
    """A small one: two plays, some of the people, an empty box score."""
    made = feed(0, state="In Progress")
    game, live = made["gameData"], made["liveData"]
    live["plays"] = {"allPlays": _POOL[:2], "scoringPlays": [], "playsByInning": []}
    live["boxscore"] = {"teams": {side: {"players": {}} for side in ("away", "home")}}
    game["players"] = dict(list(game["players"].items())[:3])
    return made


_FIRST = json.dumps(_first())


def states(edits: tuple[Edit, ...]) -> list[State]:
    """Return the states of a game, the first one as it is under way."""
    good = json.loads(_FIRST)
    found = [State(good)]
    for number, edit in enumerate(edits, start=1):
        content = json.loads(json.dumps(good))  # a copy, in a tenth of the time that deepcopy takes
        if not edit.in_place:
            content["metaData"]["timeStamp"] = f"20260702_0130{number:02}"
        _apply(content, edit, number)
        found.append(State(content, _accepted_by(edit.kind)))
        good = good if edit.kind in _BAD else content
    return found


def _accepted_by(kind: EditKind) -> tuple[MappingName, ...]:
    if kind == "against a rule":
        return ("lenient",)
    return () if kind in _BAD else ("strict", "lenient")


def _apply(content: Json, edit: Edit, number: int) -> None:
    live = content["liveData"]
    found = live["plays"]["allPlays"]
    play = found[edit.place % len(found)] if found else None
    known = {each["about"]["atBatIndex"] for each in found}
    match edit.kind:
        case "play added":
            found += [deepcopy(each) for each in _POOL if each["atBatIndex"] not in known][:1]
        case "plays swapped":
            found.reverse()
        case "runs":
            live["linescore"]["teams"]["home"]["runs"] = number
        case "status" | "settled":
            _set_status(content["gameData"]["status"], "F" if edit.kind == "settled" else [*_STATUSES][edit.place % 6])
        case "shapeless":
            live["plays"]["allPlays"] = {"0": {}}
        case "against a rule":
            live["linescore"]["innings"].append({"num": 99})
        case "of another game":
            content["gamePk"] = 1
        case _ if play:
            _change(found, play, edit.kind, number)


def _change(found: list[Json], play: Json, kind: EditKind, number: int) -> None:
    match kind:
        case "play changed":
            play["result"]["description"] = f"Scored anew in state {number}."
        case "play removed":
            found.remove(play)
        case "retimed":
            play["about"]["endTime"] = f"2026-07-02T02:{number:02}:00.000Z"
        case "pitch inserted":  # all positions after it change
            play["playEvents"].insert(0, deepcopy(_POOL[2]["playEvents"][0]))
        case "pitch changed":
            play["playEvents"][-1]["details"] |= {"description": f"Called anew in state {number}."}


def _set_status(status: Json, code: str) -> None:
    status |= {"codedGameState": code, "statusCode": code, "detailedState": _STATUSES[code]}
    status["abstractGameState"] = "Final" if code in "FO" else "Preview" if code == "S" else "Live"


_PLACES = st.integers(0, 5)
_MINUTES = st.integers(0, _LAST_MINUTE)
_WRITERS = st.sampled_from([0, 0, 0, *range(WRITERS)])
_EDITS = st.builds(Edit, st.sampled_from([*_GOOD * 2, *_BAD]), _PLACES, st.sampled_from([False, False, False, True]))
_MISHAPS = st.builds(
    Happens,
    st.sampled_from(
        [
            "batch", "batch of all", "offset lost", "offset old", "cache away", "cache back", "cache back",
            "cache emptied", "killed", "sessions broken", "a minute passes", "game listed", "deployed",
        ]
    ),
)  # fmt: skip
_IN_A_TICK = st.builds(
    Happens, st.sampled_from(["batch", "killed", "killed", "sessions broken", "taken over", "offset lost"])
)
_ENDS = st.builds(Ends, st.integers(1, WRITERS - 1), st.sampled_from([True, True, False]))


@st.composite
def captures(draw: st.DrawFn, edits: tuple[tuple[Edit, ...], ...]) -> Captured:
    """Draw a capture of one of the games, of any state in any minute, mostly of one later than most."""
    game = draw(st.integers(0, len(edits) - 1))
    state = draw(st.integers(0, len(edits[game])))
    how = draw(st.sampled_from(["whole", "patch", "patch", "patch", "fallback", "seen", "seen", "garbled", "astray"]))
    minute = min(state + draw(st.sampled_from([0, 0, 0, 1, 2, 5])), _LAST_MINUTE) if draw(st.booleans()) else None
    return Captured(
        game=game,
        state=state,
        minute=draw(_MINUTES) if minute is None else minute,
        how=how,
        base=max(0, state - draw(st.sampled_from([1, 1, 1, 2, 3]))),
        writer=draw(_WRITERS),
        tells_xact=draw(st.integers(0, 11)) > 0,
        names=draw(st.sampled_from(["all", "all", "all", "revision", "hashes"])),
    )


@st.composite
def histories(draw: st.DrawFn, *, most: int = 12) -> History:
    """Draw a history of one game or two, of at most so many steps."""
    edits = tuple(draw(st.lists(st.lists(_EDITS, min_size=1, max_size=6).map(tuple), min_size=1, max_size=GAMES)))
    captured = captures(edits)
    points = st.sampled_from(["before", "applied", "serving"])
    meanwhile = st.lists(captured | _ENDS | _IN_A_TICK, min_size=1, max_size=3).map(tuple)
    ticks = st.just(Ticks()) | st.builds(Ticks, points, meanwhile)
    # What breaks while there is something to do breaks most.
    in_trouble = st.tuples(captured, st.builds(Ticks, points, st.tuples(_IN_A_TICK)))
    single = [st.tuples(each) for each in (captured, captured, captured, ticks, ticks, _ENDS, _MISHAPS)]
    steps = draw(st.lists(st.sampled_from([*single, in_trouble]).flatmap(lambda kind: kind), min_size=3, max_size=most))
    return History(edits, tuple(chain.from_iterable(steps)), draw(st.sampled_from([GAMES, GAMES, 1])))
