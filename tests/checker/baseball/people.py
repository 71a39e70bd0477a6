"""Whoever takes part is known: in the players, and in the box score of the side he plays for."""

from __future__ import annotations

from collections.abc import Iterator

from tests.checker.baseball.feed import SIDES, Feed, batting, fielding, moves, name_of


def people_of_plays(feed: Feed) -> Iterator[str]:
    """Batters, runners, pitchers and fielders of the plays are in the box score of their side, under one name."""
    names = {person["id"]: person["fullName"] for person in feed.game["players"].values()}
    players = {side: feed.players(side) for side in SIDES}
    for play in feed.plays:
        matchup, attack, defence = play["matchup"], players[batting(play)], players[fielding(play)]
        took_part = [(matchup["batter"], attack), (matchup["pitcher"], defence)]
        took_part += [(matchup[key], attack) for key in matchup if key.startswith("postOn")]
        for move in moves(play):
            took_part.append((move["details"]["runner"], attack))
            took_part += [(credit["player"], defence) for credit in move.get("credits", [])]
        for person, side in took_part:
            if person["id"] not in side:
                yield f"{name_of(play)}: {person['id']} is not in the box score of his side"
            if names.get(person["id"]) is None or person.get("fullName", names[person["id"]]) != names[person["id"]]:
                yield f"{name_of(play)}: {person['id']} is {names.get(person['id'])} among the players"


def players_of_box(feed: Feed) -> Iterator[str]:
    """Every player of the box score is among the players; keys are his id; the lists name players of the side."""
    for key, person in feed.game["players"].items():
        if key != f"ID{person['id']}":
            yield f"{key} has the id {person['id']}"
    for side in SIDES:
        box = feed.box(side)
        for key, player in box["players"].items():
            if key != f"ID{player['person']['id']}" or key not in feed.game["players"]:
                yield f"{side}: {key} is {player['person']['id']}, or not among the players"
        for name in ("batters", "pitchers", "bench", "bullpen", "battingOrder"):
            ids = box[name]
            if len(ids) != len(set(ids)) or not set(ids) <= feed.players(side).keys():
                yield f"{side}: {name} {ids}"
        if feed.modern and {*box["bench"], *box["bullpen"]} & {*box["batters"], *box["pitchers"]}:
            yield f"{side}: who took part is on the bench"
        if box["team"]["id"] != feed.team_id(side):
            yield f"{side}: the box score is of team {box['team']['id']}"
