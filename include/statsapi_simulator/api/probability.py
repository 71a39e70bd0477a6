"""The endpoints winProbability and contextMetrics: how likely each club is to win after each play."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from statsapi_simulator.api import live
from statsapi_simulator.api.entry import entry
from statsapi_simulator.api.hydrate import Hydration
from statsapi_simulator.api.listing import listing
from statsapi_simulator.api.question import Question
from statsapi_simulator.feed.chances import home_wins, leverage
from statsapi_simulator.feed.charges import AT_BATS, PLATE_APPEARANCES
from statsapi_simulator.feed.game_data import game_id
from statsapi_simulator.feed.names import link
from statsapi_simulator.game_record import Base, Event, GameRecord, Half, Move, Play

Json = dict[str, Any]

_EVEN = 50.0  # before the first play nothing is known but that both could win
_BASES: tuple[Base, ...] = ("1B", "2B", "3B")


def win_probability(question: Question, game_pk: int) -> list[Json]:
    """Answer `/api/v1/game/PK/winProbability`: a list of the plays, with the chances after each that is complete."""
    at = live.asked_moment(question.asked, question.now)
    plays = question.games.feed(game_pk, at, question.now)["liveData"]["plays"]["allPlays"]
    return list(_plays(question, game_pk, at, plays))


def context_metrics(question: Question, game_pk: int) -> Json:
    """Answer `/api/v1/game/PK/contextMetrics`: the game as schedules list it, and the chances of the moment."""
    games, now = question.games, question.now
    game = games.scheduled(game_pk)
    days = (game.first_date, *filter(None, (game.second_date,)))
    listed = next(found for day in reversed(days) if (found := listing(games, game, day, now)))
    page = {**entry(games, listed, now), "gameId": game_id(games.world(game.season), game)}
    chances = [play["homeTeamWinProbability"] for play in win_probability(question, game_pk) if _has_chances(play)]
    home = chances[-1] if chances else _EVEN
    return {
        "game": Hydration(games, "probablePitcher", now).add(page, listed),
        **{f"{field}FieldSacFlyProbability": {} for field in ("left", "center", "right")},
        "awayWinProbability": round(100.0 - home, 1),
        "homeWinProbability": home,
    }


def _plays(question: Question, game_pk: int, at: datetime, plays: list[Json]) -> Iterator[Json]:
    record, over = question.games.record(game_pk), question.games.course(game_pk).status(at).code[0] in "OF"
    before = _EVEN
    for number, node in enumerate(plays):
        play = record.plays[number]
        previous = record.plays[number - 1] if number else None
        events = _with_counts(node, plays[number - 1] if number else None)
        if not node["about"]["isComplete"]:
            yield {**node, "playEvents": list(events), "credits": [], "flags": [], "contextMetrics": {}}
            return
        chances = dict(_on_the_bases(record, previous, play, before))
        after = _final(play) if over and number == len(record.plays) - 1 else _chance(record, _end_of(play))
        before = list(chances.values())[-1]["homeTeamWinProbability"] if chances else before
        yield {
            **node,
            "playEvents": [event | chances.get(position, {}) for position, event in enumerate(events)],
            "credits": _credits(node["matchup"]["batter"]["id"], node["matchup"]["pitcher"]["id"], play),
            "flags": [],
            **_chances(after, before),
            **({} if previous is None else {"leverageIndex": _leverage(record, _start_of(previous, play))}),
            "contextMetrics": {},
        }
        before = after


def _has_chances(play: Json) -> bool:
    return "homeTeamWinProbability" in play


def _chances(after: float, before: float) -> Json:
    return {
        "homeTeamWinProbability": after,
        "awayTeamWinProbability": round(100.0 - after, 1),
        "homeTeamWinProbabilityAdded": after - before,
    }


def _on_the_bases(record: GameRecord, previous: Play | None, play: Play, before: float) -> Iterator[tuple[int, Json]]:
    """Yield the chances after each event within a play that moved a runner, by its position: they are new then."""
    situation = _start_of(previous, play)
    for index, event in enumerate(play.events[:-1]):
        moves = [move for move in play.moves if move.event_index == index]
        leverage_before = _leverage(record, situation)
        situation = situation.after(moves, event)
        if event.kind == "action" and any(move.event_type != "runner_placed" for move in moves):
            after = _chance(record, situation)
            yield index, {**_chances(after, before), "leverageIndex": leverage_before}
            before = after


def _with_counts(play: Json, before: Json | None) -> Iterator[Json]:
    """Yield the events of a play, each with the count before it."""
    same = before is not None and all(before["about"][name] == play["about"][name] for name in ("inning", "halfInning"))
    count = {"balls": 0, "strikes": 0, "outs": before["count"]["outs"] if before and same else 0}
    for event in play["playEvents"]:
        yield {**event, "preCount": count, "contextMetrics": {}}
        count = event["count"]


def _final(play: Play) -> float:
    """The chance when all is over: a tie stays undecided."""
    return _EVEN if play.home_score == play.away_score else 100.0 if play.home_score > play.away_score else 0.0


@dataclass(frozen=True)
class _Situation:
    """Where a half inning stands: who is on which base, how many are out, by how much the home club leads."""

    inning: int
    half: Half
    outs: int
    on_base: dict[int, Base]
    lead: int

    @property
    def bases(self) -> str:
        """The bases that somebody is on: '13'."""
        return "".join(sorted(base[0] for base in self.on_base.values())) if self.outs < 3 else ""

    def after(self, moves: Sequence[Move], event: Event) -> _Situation:
        """Return how it stands after an event that moved these runners."""
        on_base = dict(self.on_base)
        if event.player_id is not None and event.replaced_id in on_base:  # by a pinch-runner
            on_base[event.player_id] = on_base.pop(event.replaced_id)
        for move in moves:
            on_base.pop(move.runner_id, None)
            if move.end is not None and move.end != "score":
                on_base[move.runner_id] = move.end
        return replace(self, outs=event.outs, on_base=on_base, lead=event.home_score - event.away_score)


def _end_of(play: Play) -> _Situation:
    on_base: dict[int, Base] = {
        runner: base for runner, base in zip(play.on_base_after, _BASES, strict=True) if runner is not None
    }
    return _Situation(play.inning, play.half, play.outs, on_base, play.home_score - play.away_score)


def _start_of(previous: Play | None, play: Play) -> _Situation:
    """The situation that the play before left: of a new half inning, nobody on and nobody out."""
    if previous is None:
        return _Situation(play.inning, play.half, 0, {}, 0)
    left = _end_of(previous)
    if (left.inning, left.half) == (play.inning, play.half):
        return left
    return _Situation(play.inning, play.half, 0, {}, left.lead)


def _chance(record: GameRecord, at: _Situation) -> float:
    """How likely the home club is to win, in percent."""
    innings, top = record.scheduled.scheduled_innings, at.half == "top"
    return round(100 * home_wins(innings, at.inning, top=top, outs=at.outs, bases=at.bases, lead=at.lead), 1)


def _leverage(record: GameRecord, at: _Situation) -> float:
    """What hangs on what comes next."""
    innings, top = record.scheduled.scheduled_innings, at.half == "top"
    return round(leverage(innings, at.inning, top=top, outs=at.outs, bases=at.bases, lead=at.lead), 2)


def _credits(batter: int, pitcher: int, play: Play) -> list[Json]:
    kinds = [kind for kind, events in (("ab", AT_BATS), ("pa", PLATE_APPEARANCES)) if play.event_type in events]
    return [
        {"player": link(who), "credit": f"{side}_{kind}"}
        for kind in kinds
        for side, who in (("b", batter), ("p", pitcher))
    ]
