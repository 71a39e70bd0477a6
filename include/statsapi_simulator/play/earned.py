"""Which runs are earned: the inning as it would have gone without errors (Rule 9.16, in its simple form)."""

from __future__ import annotations

from collections.abc import Sequence

from statsapi_simulator.game_record import Move

_NEVER_EARNED = frozenset({"error", "passed_ball", "field_error"})
_REACHED_BY_FAULT = frozenset({"field_error", "passed_ball", "catcher_interf"})


class Inning:
    """The reconstructed half-inning: outs there should have been, and who is on base only by an error."""

    __slots__ = ("_gifted", "_outs")

    def __init__(self) -> None:
        self._outs = 0
        self._gifted: set[int] = set()

    def replace_runner(self, old: int, new: int) -> None:
        """Let a pinch runner take over how his base was reached."""
        if old in self._gifted:
            self._gifted.add(new)

    def earned(self, moves: Sequence[Move]) -> list[bool]:
        """Take the moves of one event, in order; return for each whether it is an earned run."""
        outs_before = self._outs
        batter = next((move.runner_id for move in moves if move.start is None and move.end is not None), None)
        for move in moves:
            if move.start is None and (move.event_type in _REACHED_BY_FAULT or move.event_type == "runner_placed"):
                self._gifted.add(move.runner_id)
                self._outs += move.event_type in ("field_error", "passed_ball")
            elif move.out_base is not None:
                self._outs += 1
                # Who takes the place of a runner that reached by an error would not be there without it either.
                if move.runner_id in self._gifted and batter is not None:
                    self._gifted.add(batter)
        return [
            move.end == "score"
            and outs_before < 3
            and move.event_type not in _NEVER_EARNED
            and move.runner_id not in self._gifted
            for move in moves
        ]
