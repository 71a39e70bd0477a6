"""Where a game stands: what the pages of a date and of a game have in common."""

from __future__ import annotations

from psycopg.sql import SQL

# What the tables say of a game of the schedule (`listed`), where that is of its date: a game that was moved away left
# nothing there but its listing, and until it is asked for again, where it was moved to it is still called off.
LISTED_GAME = SQL(
    """
    LEFT JOIN game.live_game_metadata AS game
        ON game.game_pk = listed.game_pk
        AND (listed.coded_game_state IN ('C', 'D')) IS NOT TRUE
        AND (
            game.coded_game_state IN ('C', 'D') AND game.official_date = listed.schedule_date
            AND game.original_date < listed.schedule_date
        ) IS NOT TRUE
    """
)


class Standing:
    """What follows from the columns that the rows of both have."""

    standing: str
    inning_state: str | None
    away_runs: int | None
    home_runs: int | None

    @property
    def is_at_bat(self) -> bool:
        """Whether somebody is at bat: count, outs and bases say something."""
        return self.standing == "live" and self.inning_state in ("Top", "Bottom")

    @property
    def has_score(self) -> bool:
        """Whether there is a score: before a game begins there is none, which is not nought to nought."""
        return self.away_runs is not None and self.home_runs is not None
