"""A player: who he is, and what his seasons and last games add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg import AsyncConnection

from mlb_data_platform.web.queries import rows_of

_NEWEST_GAMES = 60  # four dates of fifteen


@dataclass(frozen=True)
class Player:
    """Who somebody is, as the newest game that he is in says, else the people's table; what is not known is None."""

    player_id: int
    full_name: str
    number: str | None
    position: str | None
    bats: str | None
    throws: str | None
    birth_date: date | None
    height: str | None
    weight: int | None
    team: str | None
    newest_season: int | None


@dataclass(frozen=True)
class BattingLine:
    """What the box scores of a season's finals add up to, by type of game."""

    season: int
    game_type: str
    games: int | None
    plate_appearances: int | None
    at_bats: int | None
    runs: int | None
    hits: int | None
    doubles: int | None
    triples: int | None
    home_runs: int | None
    rbi: int | None
    base_on_balls: int | None
    strike_outs: int | None
    stolen_bases: int | None
    avg: float | None
    obp: float | None
    slg: float | None
    ops: float | None


@dataclass(frozen=True)
class PitchingLine:
    """The same of who pitches; `innings_pitched` counts outs after the point: 6.1 are nineteen outs."""

    season: int
    game_type: str
    games: int | None
    games_started: int | None
    wins: int | None
    losses: int | None
    saves: int | None
    innings_pitched: str | None
    hits: int | None
    runs: int | None
    earned_runs: int | None
    home_runs: int | None
    base_on_balls: int | None
    strike_outs: int | None
    era: float | None
    whip: float | None


@dataclass(frozen=True)
class PlayedGame:
    """A game, and what its box score has of the player; `at_bats` is None where he did not bat, `outs` not pitch."""

    game_pk: int
    official_date: date | None
    is_home: bool
    opponent: str | None
    detailed_state: str | None
    at_bats: int | None
    runs: int | None
    hits: int | None
    home_runs: int | None
    rbi: int | None
    base_on_balls: int | None
    strike_outs: int | None
    outs: int | None
    innings_pitched: str | None
    hits_allowed: int | None
    earned_runs: int | None
    walks_allowed: int | None
    struck_out: int | None
    pitches: int | None


@dataclass(frozen=True)
class Found:
    """Somebody whose name begins as was asked."""

    player_id: int
    full_name: str
    position: str | None


async def find(connection: AsyncConnection, begins: str, limit: int) -> list[Found]:
    """Return the people whose full or last name begins so, in whatever case and with any accents, by name.

    They are those of the people's table, and those of the newest games, whom it does not know yet: in as many games
    each team has played.
    """
    query = """
        SELECT player_id, full_name, position FROM (
            SELECT DISTINCT ON (player_id) player_id, full_name, position FROM (
                SELECT person_id AS player_id, full_name, primary_position_name AS position, NULL::bigint AS game_pk
                FROM person.people
                WHERE metadata.searched(full_name) ^@ metadata.searched(%(begins)s)
                   OR metadata.searched(last_name) ^@ metadata.searched(%(begins)s)
                UNION ALL
                SELECT player.player_id, player.full_name, player.primary_position_name, newest.game_pk
                FROM (
                    SELECT game_pk FROM game.live_game_metadata WHERE official_date IS NOT NULL
                    ORDER BY official_date DESC LIMIT %(newest_games)s
                ) AS newest
                CROSS JOIN LATERAL (
                    SELECT * FROM game.live_game_players AS player WHERE player.game_pk = newest.game_pk
                    OFFSET 0  -- as in last_games
                ) AS player
                WHERE metadata.searched(player.full_name) ^@ metadata.searched(%(begins)s)
                   OR metadata.searched(player.last_name) ^@ metadata.searched(%(begins)s)
            ) AS named
            ORDER BY player_id, game_pk DESC NULLS FIRST
        ) AS found
        ORDER BY full_name, player_id LIMIT %(limit)s
    """
    return await rows_of(connection, Found, query, begins=begins, limit=limit, newest_games=_NEWEST_GAMES)


async def player(connection: AsyncConnection, player_id: int) -> Player | None:
    """Return who somebody is; None where nothing says so."""
    query = """
        SELECT
            asked.player_id, coalesce(one.full_name, person.full_name, 'Player ' || asked.player_id) AS full_name,
            coalesce(one.primary_number, person.primary_number) AS number,
            coalesce(one.primary_position_name, person.primary_position_name) AS position,
            coalesce(one.bat_side_code, person.bat_side_code) AS bats,
            coalesce(one.pitch_hand_code, person.pitch_hand_code) AS throws,
            coalesce(one.birth_date, person.birth_date) AS birth_date,
            coalesce(one.height, person.height) AS height, coalesce(one.weight, person.weight) AS weight,
            CASE squad.side WHEN 'home' THEN newest.home_name WHEN 'away' THEN newest.away_name END AS team,
            newest.season AS newest_season
        FROM (SELECT %(player)s::integer AS player_id) AS asked
        LEFT JOIN LATERAL (
            SELECT game.game_pk, game.season, game.home_name, game.away_name
            FROM (SELECT game_pk FROM game.live_game_players WHERE player_id = %(player)s) AS named
            CROSS JOIN LATERAL (
                SELECT * FROM game.live_game_metadata AS game WHERE game.game_pk = named.game_pk
                OFFSET 0  -- as in last_games
            ) AS game
            ORDER BY
                game.season DESC NULLS LAST, game.game_type = 'A',  -- nobody's team is that of the all-stars
                game.official_date DESC NULLS LAST, game.game_pk DESC
            LIMIT 1
        ) AS newest ON true
        LEFT JOIN game.live_game_players AS one
            ON one.game_pk = newest.game_pk AND one.player_id = asked.player_id
        LEFT JOIN LATERAL (
            SELECT side FROM game.live_game_boxscore_players AS squad
            WHERE squad.game_pk = newest.game_pk AND squad.player_id = asked.player_id LIMIT 1
        ) AS squad ON true
        LEFT JOIN person.people AS person ON person.person_id = asked.player_id
        WHERE newest.game_pk IS NOT NULL OR person.person_id IS NOT NULL
    """
    return next(iter(await rows_of(connection, Player, query, player=player_id)), None)


async def batting(connection: AsyncConnection, player_id: int) -> list[BattingLine]:
    """Return his batting by season and type of game, the newest first."""
    query = """
        SELECT
            season, game_type, games_played AS games, plate_appearances, at_bats, runs, hits, doubles, triples,
            home_runs, rbi, base_on_balls, strike_outs, stolen_bases, avg::double precision, obp::double precision,
            slg::double precision, ops::double precision
        FROM game.season_batting WHERE player_id = %(player)s AND plate_appearances > 0
        ORDER BY season DESC, game_type DESC
    """
    return await rows_of(connection, BattingLine, query, player=player_id)


async def pitching(connection: AsyncConnection, player_id: int) -> list[PitchingLine]:
    """Return his pitching by season and type of game, the newest first."""
    query = """
        SELECT
            season, game_type, games_pitched AS games, games_started, wins, losses, saves,
            CASE WHEN outs IS NOT NULL THEN innings_pitched END AS innings_pitched, hits, runs,
            earned_runs, home_runs, base_on_balls, strike_outs, era::double precision, whip::double precision
        FROM game.season_pitching WHERE player_id = %(player)s AND games_pitched > 0
        ORDER BY season DESC, game_type DESC
    """
    return await rows_of(connection, PitchingLine, query, player=player_id)


async def last_games(connection: AsyncConnection, player_id: int, limit: int) -> list[PlayedGame]:
    """Return the games that he came to bat or to pitch in, the newest first; one that is on is among them."""
    query = """
        SELECT
            game.game_pk, game.official_date, side = 'home' AS is_home,
            CASE side WHEN 'home' THEN game.away_name ELSE game.home_name END AS opponent, game.detailed_state,
            bat.at_bats, bat.runs, bat.hits, bat.home_runs, bat.rbi, bat.base_on_balls, bat.strike_outs,
            pitch.outs, pitch.innings_pitched, pitch.hits AS hits_allowed, pitch.earned_runs,
            pitch.base_on_balls AS walks_allowed, pitch.strike_outs AS struck_out,
            coalesce(pitch.number_of_pitches, pitch.pitches_thrown) AS pitches
        FROM (
            SELECT * FROM game.live_game_boxscore_batting WHERE player_id = %(player)s AND games_played > 0
        ) AS bat
        FULL JOIN (
            SELECT * FROM game.live_game_boxscore_pitching WHERE player_id = %(player)s AND games_pitched > 0
        ) AS pitch USING (game_pk, side)
        CROSS JOIN LATERAL (
            SELECT * FROM game.live_game_metadata AS game WHERE game.game_pk = coalesce(bat.game_pk, pitch.game_pk)
            OFFSET 0  -- game by game, whatever the planner believes of how many he was in
        ) AS game
        ORDER BY game.official_date DESC NULLS LAST, game.game_pk DESC LIMIT %(limit)s
    """
    return await rows_of(connection, PlayedGame, query, player=player_id, limit=limit)
