"""Who faces whom: from which side, and how many men are on base."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import Feed, name_of
from tests.checker.baseball.runners import Bases, walk


def matchups(feed: Feed) -> Iterator[str]:
    """Batter and pitcher have the sides they were born with, a switch hitter the other one; the splits say the same."""
    people = {person["id"]: person for person in feed.game["players"].values()}
    for half in feed.halves:
        for play, standing, _ in walk(half):
            matchup = play["matchup"]
            bats, throws = matchup["batSide"]["code"], matchup["pitchHand"]["code"]
            own = people.get(matchup["batter"]["id"], {}).get("batSide", {}).get("code")
            hand = people.get(matchup["pitcher"]["id"], {}).get("pitchHand", {}).get("code")
            # A switch hitter may bat from the same side, but nobody does.
            if bats != (own if own != "S" else "R" if throws == "L" else "L"):
                yield f"{name_of(play)}: {own} bats {bats} against {throws}"
            if throws != hand:
                yield f"{name_of(play)}: {hand} throws {throws}"
            splits = matchup["splits"]
            if (splits["batter"], splits["pitcher"]) != (f"vs_{throws}HP", f"vs_{bats}HB"):
                yield f"{name_of(play)}: splits {splits['batter']}, {splits['pitcher']}"
            on_base = standing if play["count"]["outs"] < 3 else {}
            if feed.modern and splits["menOnBase"] != _men_on(on_base):
                yield f"{name_of(play)}: splits {splits['menOnBase']}, the play leaves {sorted(on_base)}"


def _men_on(occupied: Bases) -> str:
    """Men on base as the feed's splits put it: after the play, not before."""
    if len(occupied) == 3:
        return "Loaded"
    return "RISP" if occupied.keys() & {"2B", "3B"} else "Men_On" if occupied else "Empty"
