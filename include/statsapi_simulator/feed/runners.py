"""The runners of a play: who moved from where to where, why, and which fielders had a part in it."""

from __future__ import annotations

from statsapi_simulator.feed.book import Book, position
from statsapi_simulator.feed.moment import Seen
from statsapi_simulator.feed.names import Node, event_name, link
from statsapi_simulator.game_record import Move


def runner_rows(book: Book, seen: Seen) -> list[Node]:
    """Return `runners`."""
    play = seen.play
    hit = play.events[-1].hit if play.events else None
    trajectory = hit.trajectory if hit else None
    last = max(0, len(play.events) - 1)
    # Nobody moved the runner of an extra inning: only the action says that he is there.
    return [_row(book, move, trajectory, last) for move in seen.moves if move.event_type != "runner_placed"]


def _row(book: Book, move: Move, trajectory: str | None, last: int) -> Node:
    scores, out = move.end == "score", move.out_base is not None
    undecided = move.end is None and not out  # a third strike that got away: the next row says what became of it
    responsible = move.responsible_pitcher_id
    return {
        "movement": {
            "originBase": move.origin,
            "start": move.start,
            "end": move.end,
            "outBase": move.out_base,
            "isOut": None if undecided else out,
            "outNumber": move.out_number,
        },
        "details": {
            "event": event_name(move.event_type, trajectory),
            "eventType": move.event_type,
            "movementReason": move.reason,
            "runner": book.ref(move.runner_id),
            "responsiblePitcher": link(responsible) if responsible is not None else None,
            "isScoringEvent": scores,
            "rbi": move.rbi,
            "earned": move.earned,
            "teamUnearned": move.team_unearned,
            "playIndex": min(move.event_index, last),
        },
        "credits": [
            {"player": link(credit.player_id), "position": position(credit.position), "credit": credit.credit}
            for credit in move.credits
        ],
    }
