"""What of a game is worth an interruption of who listens to a page: runs, a first pitch, an end. No pitch is."""

from __future__ import annotations

from mlb_data_platform.web.queries import game, today

Game = game.Game | today.Game


def news(before: Game | None, now: Game) -> str:
    """Return what is to be read out of a game that stood there before; often nothing."""
    if before is None or (before.away_runs, before.home_runs, before.standing) == (
        now.away_runs, now.home_runs, now.standing,
    ):  # fmt: skip
        return ""
    score = f"{now.away_name} {now.away_runs or 0}, {now.home_name} {now.home_runs or 0}"
    if now.standing != before.standing:
        return f"{score}: {now.detailed_state}."
    return f"{score}, {(now.inning_state or '').lower()} of inning {now.inning}."
