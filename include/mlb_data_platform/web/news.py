"""What of a game is worth an interruption of who listens to a page: runs, a first pitch, an end. No pitch is."""

from __future__ import annotations

from mlb_data_platform.web.queries import game, today

Game = game.Game | today.Game


def news(before: Game | None, now: Game) -> str:
    """Return what is to be read out of a game that stood there before; often nothing."""
    if before is None or (_score(before), before.standing) == (_score(now), now.standing):
        return ""
    score = f"{now.away_name} at {now.home_name}"
    if now.has_score:
        score = f"{now.away_name} {now.away_runs}, {now.home_name} {now.home_runs}"
    if now.standing == before.standing == "live" and now.inning:
        half = f"{now.inning_state.lower()} of " if now.inning_state else ""
        return f"{score}, {half}inning {now.inning}."
    return f"{score}: {now.detailed_state}."


def _score(of: Game) -> tuple[int, int]:
    """Before a game it is not told: that is no other score than the one at its beginning."""
    return of.away_runs or 0, of.home_runs or 0
