"""Is it baseball? The rules of the game, held against one answer of feed/live.

Written from the rules and from FEED.md, without a look at the simulator, so that both must be wrong in the same way for
an error to pass. Recorded games obey them too: where real scorers do otherwise the rule says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.checker.baseball import (
    box_score,
    count,
    decisions,
    fielding,
    innings,
    linescore,
    lineup,
    matchups,
    people,
    pitchers,
    reviews,
    runners,
    times,
)
from tests.checker.baseball.feed import Feed, Node

Rule = Callable[[Feed], Iterator[str]]

RULES: tuple[Rule, ...] = (
    innings.play_order,
    innings.outs_of_halves,
    innings.third_out,
    innings.game_end,
    innings.score_of_plays,
    innings.indexes_of_plays,
    count.counts,
    count.calls,
    count.event_numbers,
    count.results,
    runners.bases,
    runners.order_kept,
    runners.moves_agree,
    runners.placed_runner,
    matchups.matchups,
    pitchers.pitchers,
    lineup.batting_order,
    lineup.box_order,
    lineup.substitutions,
    lineup.nine_in_the_field,
    fielding.putouts,
    fielding.fielding_lines,
    linescore.innings_of_plays,
    linescore.totals,
    linescore.situation,
    box_score.batting_lines,
    box_score.pitching_lines,
    decisions.decisions,
    decisions.decision_lines,
    people.people_of_plays,
    people.players_of_box,
    reviews.review_flags,
    reviews.abs_challenges,
    reviews.manager_challenges,
    times.times,
    times.time_stamp,
)


def problems(document: Node) -> list[str]:
    """Return what is not baseball in a feed, each as `rule: where and what`; nothing for a game not begun."""
    feed = Feed(document)
    return [f"{rule.__name__}: {problem}" for rule in RULES for problem in rule(feed)]
