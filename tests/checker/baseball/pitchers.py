"""Who pitches: at every event of the game, and for whose account a plate appearance counts."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import (
    SIDES,
    STRIKEOUTS,
    WALKS,
    Feed,
    Node,
    Side,
    event_type,
    events,
    fielding,
    name_of,
    result,
)

# Rule 9.16(h): balls and strikes at which a walk counts for the pitcher who left.
_BEHIND = {(2, 0), (2, 1), (3, 0), (3, 1), (3, 2)}


def pitchers_at_events(feed: Feed) -> dict[int, list[int]]:
    """Return by atBatIndex who pitches at each event, and, last, at the end of the play."""
    current = {side: feed.box(side)["pitchers"][0] for side in SIDES if feed.box(side)["pitchers"]}
    found = {}
    for play in feed.plays:
        side = fielding(play)
        at = []
        for event in play["playEvents"]:
            if event["type"] == "action" and event_type(event["details"]) == "pitching_substitution":
                current[side] = event["player"]["id"] if "player" in event else _next(feed, side, current[side])
            at.append(current[side])
        found[play["atBatIndex"]] = [*at, current[side]]
    return found


def _next(feed: Feed, side: Side, current: int) -> int:
    """Who pitches after `current` by the box score; 2018 does not say who comes in."""
    listed = feed.box(side)["pitchers"]
    return int(listed[(listed.index(current) + 1) % len(listed)])


def pitchers(feed: Feed) -> Iterator[str]:
    """Each play ends with the pitcher the changes before it brought; the box score lists them in that order."""
    at_events = pitchers_at_events(feed)
    appeared: dict[str, list[int]] = {side: feed.box(side)["pitchers"][:1] for side in SIDES}
    for play in feed.plays:
        side = fielding(play)
        shown = play["matchup"]["pitcher"]["id"]
        if at_events[play["atBatIndex"]][-1] != shown:
            yield f"{name_of(play)}: pitched by {shown}, the changes leave {at_events[play['atBatIndex']][-1]}"
        for who in [*at_events[play["atBatIndex"]], shown]:
            if appeared[side][-1:] != [who]:
                if who in appeared[side]:
                    yield f"{name_of(play)}: {who} pitches again"
                appeared[side].append(who)
    for side in SIDES:
        listed = feed.box(side)["pitchers"]
        # Who has just come in is listed before his first play is there.
        if listed[: len(appeared[side])] != appeared[side] or (feed.over and len(listed) != len(appeared[side])):
            yield f"{side}: pitchers {listed}, they appeared as {appeared[side]}"


def charged_pitcher(play: Node, at_events: list[int]) -> int:
    """Whose account a plate appearance counts for: who ends it, but a walk from far behind is who left's (9.16(h))."""
    changes = [position for position, _ in events(play, "pitching_substitution")]
    if result(play) in WALKS and changes:
        count = _count_before(play, changes[-1])
        if count in _BEHIND:
            return at_events[changes[-1] - 1] if changes[-1] else at_events[-1]
    return at_events[-1]


def charged_batter(play: Node) -> int:
    """Whose the plate appearance is: a strikeout begun with two strikes is the replaced batter's (9.15(b))."""
    batter = play["matchup"]["batter"]["id"]
    for position, event in events(play, "offensive_substitution"):
        entered = event.get("player", {}).get("id") == batter
        if entered and result(play) in STRIKEOUTS and _count_before(play, position)[1] == 2:
            return int(event["replacedPlayer"]["id"])
    return int(batter)


def _count_before(play: Node, position: int) -> tuple[int, int]:
    earlier = [event["count"] for event in play["playEvents"][:position] if event["count"]]
    return (earlier[-1]["balls"], earlier[-1]["strikes"]) if earlier else (0, 0)
