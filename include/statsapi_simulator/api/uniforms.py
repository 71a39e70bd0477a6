"""What clubs wear."""

from __future__ import annotations

from statsapi_simulator.api import parameters
from statsapi_simulator.api.question import Question
from statsapi_simulator.model import SIDES, Team
from statsapi_simulator.pages import COPYRIGHT, Page, team_link

_PIECES = (("C", "Cap"), ("J", "Jersey"), ("P", "Pants"))


def game_uniforms(question: Question) -> Page:
    """Answer `/api/v1/uniforms/game`: what the clubs of `gamePks` wear."""
    pks = parameters.integers(question.asked, "gamePks")
    return {"copyright": COPYRIGHT, "uniforms": [_worn(question, game_pk) for game_pk in pks]}


def _worn(question: Question, game_pk: int) -> Page:
    game = question.games.scheduled(game_pk)
    clubs = question.games.world(game.season).teams
    teams = dict(zip(SIDES, (clubs[game.away_id], clubs[game.home_id]), strict=True))
    return {
        "gamePk": game_pk,
        **{
            side: {**team_link(team), "uniformAssets": _assets(team, "Home" if side == "home" else "Road")}
            for side, team in teams.items()
        },
    }


def team_uniforms(question: Question) -> Page:
    """Answer `/api/v1/uniforms/team`: all that the clubs of `teamIds` have."""
    teams = [question.team(team_id) for team_id in parameters.integers(question.asked, "teamIds")]
    pages = [{**team_link(team), "uniformAssets": _assets(team, "Home") + _assets(team, "Road")} for team in teams]
    return {"copyright": COPYRIGHT, "uniforms": pages}


def _assets(team: Team, where: str) -> list[Page]:
    return [
        {
            "uniformAssetId": int(f"{team.id}{number}{where == 'Home':d}"),
            "uniformAssetText": f"{team.club_name} {where} {piece}",
            "uniformAssetType": {
                "uniformAssetTypeId": number,
                "uniformAssetTypeCode": code,
                "uniformAssetTypeDesc": piece,
            },
            "uniformAssetCode": f"{team.id}_{where.lower()}_{piece.lower()}",
            "active": True,
        }
        for number, (code, piece) in enumerate(_PIECES, start=1)
    ]
