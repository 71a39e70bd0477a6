"""Reviews and what a side has left of challenges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.checker.baseball.feed import SIDES, Feed, Node, name_of

ABS = "MJ"


def review_flags(feed: Feed) -> Iterator[str]:
    """What has a review says so, and what says so has one; a team's challenge names one of the two teams."""
    teams = {feed.team_id(side) for side in SIDES}
    for play in feed.plays:
        for where, node, flag in _reviewable(play):
            review = node.get("reviewDetails")
            if review is not None and not flag:
                yield f"{where}: reviewed, but hasReview is {flag}"
            for each in _with_additional(review):
                if each.get("challengeTeamId", feed.team_id("home")) not in teams:
                    yield f"{where}: challenged by team {each['challengeTeamId']}"


def abs_challenges(feed: Feed) -> Iterator[str]:
    """Challenges of balls and strikes: those used are the reviews of that kind; who loses two has none left."""
    counters = feed.game.get("absChallenges", {})
    used: dict[int, Counter[bool]] = {feed.team_id(side): Counter() for side in SIDES}
    for play in feed.plays:
        for where, node, _ in _reviewable(play):
            for review in _with_additional(node.get("reviewDetails")):
                if review["reviewType"] != ABS:
                    continue
                if review.get("challengeTeamId") not in used or "player" not in review:
                    yield f"{where}: an ABS challenge without team or player"
                    continue
                if not review.get("inProgress"):
                    used[review["challengeTeamId"]][review["isOverturned"]] += 1
    for side in SIDES if counters.get("hasChallenges") else ():
        shown, counted = counters[side], used[feed.team_id(side)]
        if (shown["usedSuccessful"], shown["usedFailed"]) != (counted[True], counted[False]):
            yield f"{side}: {shown}, the plays have {counted[True]} won and {counted[False]} lost"


def manager_challenges(feed: Feed) -> Iterator[str]:
    """Challenges of the managers: those used are the reviews a team asked for that are not of balls and strikes."""
    used: Counter[int] = Counter()
    for play in feed.plays:
        for _, node, _ in _reviewable(play):
            review = node.get("reviewDetails")
            if review is not None and review["reviewType"] != ABS and "challengeTeamId" in review:
                used[review["challengeTeamId"]] += not review.get("inProgress")
    for side in SIDES if feed.modern and "review" in feed.game else ():
        shown = feed.game["review"][side]["used"]
        if shown != used[feed.team_id(side)]:
            yield f"{side}: {shown} used, the plays have {used[feed.team_id(side)]}"


def _reviewable(play: Node) -> Iterator[tuple[str, Node, bool]]:
    yield name_of(play), play, play["about"].get("hasReview", False)
    for position, event in enumerate(play["playEvents"]):
        yield f"{name_of(play)}, event {position}", event, event["details"].get("hasReview", False)


def _with_additional(review: Node | None) -> Iterator[Node]:
    if review is not None:
        yield review
        yield from review.get("additionalReviews", [])
