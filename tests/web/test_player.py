"""Player: what his page shows is what the box scores, plays and pitches in the tables say of him."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import httpx
import pytest
from psycopg import Connection

from tests.web.conftest import DAY
from tests.web.game_pages import AHEAD, a_game

pytestmark = pytest.mark.services

UNKNOWN = "\N{EN DASH}"


@pytest.fixture(autouse=True)
def over(owner: Connection[Any]) -> Iterator[None]:
    """The game with the most plays is final: that evening none is yet, and a season counts finals."""
    query = """
        UPDATE game.live_game_metadata AS m SET abstract_game_state = %(then)s
        WHERE game_pk = (SELECT game_pk FROM game.live_game_plays GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1)
    """
    owner.execute(query, {"then": "Final"})
    yield
    owner.execute(query, {"then": "Live"})


def rows(html: str, caption: str) -> list[list[str]]:
    """The cells of the rows of a table, by the caption that it has."""
    table = re.search(rf"<caption[^>]*>{re.escape(caption)}</caption>(.*?)</table>", html, re.DOTALL)
    assert table, caption
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", table[1], re.DOTALL)[1:]
    ]


def one(owner: Connection[Any], query: str, *values: Any) -> tuple[Any, ...]:
    row = owner.execute(query.encode(), values).fetchone()
    assert row, query
    return tuple(row)


def a_batter(owner: Connection[Any]) -> int:
    """Who hit the most balls in a game that is final."""
    return int(
        one(
            owner,
            "SELECT batter_id FROM game.live_game_plays JOIN game.live_game_hit_data USING (game_pk, at_bat_index)"
            " JOIN game.live_game_metadata AS m USING (game_pk) WHERE m.abstract_game_state = 'Final'"
            " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        )[0]
    )


def a_pitcher(owner: Connection[Any]) -> int:
    """Who threw the most pitches in a game that is final."""
    return int(
        one(
            owner,
            "SELECT player_id FROM game.live_game_boxscore_pitching JOIN game.live_game_metadata AS m USING (game_pk)"
            " WHERE m.abstract_game_state = 'Final'"
            " ORDER BY number_of_pitches DESC NULLS LAST, 1 LIMIT 1",
        )[0]
    )


def shown(value: Any) -> str:
    return UNKNOWN if value is None else str(value)


def test_a_batters_season_is_what_his_box_scores_add_up_to(viewer: httpx.Client, owner: Connection[Any]) -> None:
    batter = a_batter(owner)
    html = viewer.get(f"/ballpark/player/{batter}").text
    (season,) = [row for row in rows(html, "Batting") if row[0].startswith(str(DAY.year))]
    totals = one(
        owner,
        "SELECT sum(at_bats), sum(b.runs), sum(b.hits), sum(b.home_runs), sum(rbi)"
        " FROM game.live_game_boxscore_batting AS b JOIN game.live_game_metadata AS m USING (game_pk)"
        " WHERE player_id = %s AND m.abstract_game_state = 'Final'",
        batter,
    )
    assert [season[place] for place in (3, 4, 5, 8, 9)] == [shown(total) for total in totals]
    (name,) = one(owner, "SELECT max(full_name) FROM game.live_game_players WHERE player_id = %s", batter)
    assert f"<h1>{name}" in html


def test_in_july_an_all_stars_team_is_still_his_club(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, AHEAD)
    player, club = one(
        owner,
        "SELECT player_id, CASE side WHEN 'home' THEN home_name ELSE away_name END"
        " FROM game.live_game_boxscore_players JOIN game.live_game_metadata USING (game_pk)"
        " WHERE game_pk = %s ORDER BY player_id LIMIT 1",
        game_pk,
    )
    owner.execute(
        "UPDATE game.live_game_metadata SET game_type = 'A', home_name = 'American League All-Stars',"
        " away_name = 'National League All-Stars' WHERE game_pk = %s",
        (game_pk,),
    )
    html = viewer.get(f"/ballpark/player/{player}").text
    assert f", {escape(club)}, " in html
    assert "League All-Stars, " not in html


def test_his_balls_in_play_are_drawn_where_they_were_fielded(viewer: httpx.Client, owner: Connection[Any]) -> None:
    batter = a_batter(owner)
    html = viewer.get(f"/ballpark/player/{batter}").text
    places = owner.execute(
        "SELECT round(coord_x::numeric, 1)::float, round(coord_y::numeric, 1)::float FROM game.live_game_plays"
        " JOIN game.live_game_hit_data USING (game_pk, at_bat_index)"
        " WHERE batter_id = %s AND coord_x BETWEEN 2 AND 248 AND coord_y BETWEEN 2 AND 218",
        (batter,),
    ).fetchall()
    field = re.search(r'<svg class="field".*?</svg>', html, re.DOTALL)
    assert field
    drawn = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', field[0])]
    assert places
    assert sorted(drawn) == sorted(places)
    assert 'aria-labelledby="spray-words"' in field[0]
    balls = rows(html, f"Balls in play of {DAY.year}, the newest first")
    told = owner.execute(
        "SELECT count(*) FROM game.live_game_plays JOIN game.live_game_hit_data USING (game_pk, at_bat_index)"
        " WHERE batter_id = %s",
        (batter,),
    ).fetchone()
    assert told == (len(balls),)


def test_a_foul_of_which_is_told_where_it_went_is_no_ball_in_play(viewer: httpx.Client, owner: Connection[Any]) -> None:
    """As in 2018, whose feeds tell of both."""
    batter = a_batter(owner)
    caption = f"Balls in play of {DAY.year}, the newest first"
    before = rows(viewer.get(f"/ballpark/player/{batter}").text, caption)
    foul = one(
        owner,
        "SELECT game_pk, at_bat_index, event_index FROM game.live_game_plays"
        " JOIN game.live_game_hit_data USING (game_pk, at_bat_index) WHERE batter_id = %s LIMIT 1",
        batter,
    )
    told = (
        "UPDATE game.live_game_pitch_events SET is_in_play = %s WHERE (game_pk, at_bat_index, event_index)"
        " = (%s, %s, %s)"
    )
    owner.execute(told.encode(), (False, *foul))
    try:
        html = viewer.get(f"/ballpark/player/{batter}").text
        assert len(rows(html, caption)) == len(before) - 1
        assert f"of his {len(before) - 1} balls in play" in html
    finally:
        owner.execute(told.encode(), (True, *foul))


def test_a_pitchers_pitches_are_counted_by_type_and_drawn(viewer: httpx.Client, owner: Connection[Any]) -> None:
    pitcher = a_pitcher(owner)
    html = viewer.get(f"/ballpark/player/{pitcher}").text
    types = rows(html, f"All pitches of {DAY.year} by type")
    told = owner.execute(
        "SELECT pitch_type_description, count(*) FROM game.live_game_plays"
        " JOIN game.live_game_pitch_events USING (game_pk, at_bat_index) WHERE pitcher_id = %s GROUP BY 1",
        (pitcher,),
    ).fetchall()
    assert {row[0]: int(row[1]) for row in types} == dict(told)
    zone = re.search(r'<svg class="zone".*?</svg>', html, re.DOTALL)
    assert zone
    assert zone[0].count("<circle") == min(sum(number for _, number in told), 400)
    assert zone[0].count("<rect") == 1


def test_who_leaves_within_a_plate_appearance_is_told_what_he_threw_of_it(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    """The feed names who ended it; the box scores count the pitches of each."""
    within = owner.execute(
        "SELECT DISTINCT play.game_pk, play.half_inning FROM game.live_game_plays AS play"
        " JOIN game.live_game_play_actions AS came USING (game_pk, at_bat_index)"
        " JOIN game.live_game_pitch_events AS thrown USING (game_pk, at_bat_index)"
        " WHERE came.event = 'Pitching Substitution' AND thrown.event_index < came.event_index"
    ).fetchall()
    assert within, "nobody was taken out within a plate appearance that evening"
    pitchers = owner.execute(
        "SELECT player_id, sum(number_of_pitches) FROM game.live_game_boxscore_pitching WHERE player_id IN ("
        " SELECT player_id FROM game.live_game_boxscore_pitching JOIN unnest(%s::bigint[], %s::text[])"
        " AS within (pk, half) ON pk = game_pk AND (half = 'top') = (side = 'home')"
        ") GROUP BY 1 HAVING sum(number_of_pitches) > 0",
        ([game_pk for game_pk, _ in within], [half for _, half in within]),
    ).fetchall()
    for pitcher, thrown in pitchers:
        types = rows(viewer.get(f"/ballpark/player/{pitcher}").text, f"All pitches of {DAY.year} by type")
        assert sum(int(row[1]) for row in types) == thrown, pitcher


def test_his_last_games_are_told_the_one_that_is_on_among_them(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk, batter, hits = one(
        owner,
        "SELECT game_pk, player_id, b.hits FROM game.live_game_boxscore_batting AS b"
        " JOIN game.live_game_metadata AS m USING (game_pk) WHERE m.abstract_game_state = 'Live'"
        " AND b.games_played > 0 ORDER BY b.hits DESC, 1, 2 LIMIT 1",
    )
    html = viewer.get(f"/ballpark/player/{batter}").text
    newest = rows(html, "His last games, the newest first")[0]
    assert newest[0].startswith(str(DAY))
    assert newest[3] == shown(hits)
    assert f'href="/ballpark/game/{game_pk}"' in html


def test_what_a_season_does_not_tell_is_left_out_of_the_pictures(viewer: httpx.Client, owner: Connection[Any]) -> None:
    """As in 2018, and where the tracking system was down: no speed, no place, no type, no zone."""
    batter, pitcher = a_batter(owner), a_pitcher(owner)
    with owner.transaction():
        owner.execute("CREATE TABLE staging.hits AS TABLE game.live_game_hit_data")
        owner.execute("CREATE TABLE staging.pitches AS TABLE game.live_game_pitch_events")
        owner.execute("UPDATE game.live_game_hit_data SET coord_x = NULL, launch_speed = NULL, trajectory = NULL")
        owner.execute(
            "UPDATE game.live_game_pitch_events SET plate_x = NULL, pitch_type_code = NULL, start_speed = NULL,"
            " pitch_type_description = NULL, strike_zone_top = NULL, spin_rate = NULL"
        )
    try:
        html = viewer.get(f"/ballpark/player/{batter}").text
        assert re.search(r"0 of his \d+ balls in play", html)
        html = viewer.get(f"/ballpark/player/{pitcher}").text
        assert re.search(r"0 of his last \d+ pitches", html)
        (untold,) = rows(html, f"All pitches of {DAY.year} by type")
        assert [untold[0], *untold[2:5]] == ["not told", UNKNOWN, UNKNOWN, UNKNOWN]
    finally:
        with owner.transaction():
            owner.execute(
                "UPDATE game.live_game_hit_data AS t SET coord_x = s.coord_x, launch_speed = s.launch_speed,"
                " trajectory = s.trajectory FROM staging.hits AS s WHERE (t.game_pk, t.at_bat_index, t.event_index)"
                " = (s.game_pk, s.at_bat_index, s.event_index)"
            )
            owner.execute(
                "UPDATE game.live_game_pitch_events AS t SET plate_x = s.plate_x, pitch_type_code = s.pitch_type_code,"
                " start_speed = s.start_speed, pitch_type_description = s.pitch_type_description,"
                " strike_zone_top = s.strike_zone_top, spin_rate = s.spin_rate FROM staging.pitches AS s"
                " WHERE (t.game_pk, t.at_bat_index, t.event_index) = (s.game_pk, s.at_bat_index, s.event_index)"
            )
            owner.execute("DROP TABLE staging.hits, staging.pitches")


def test_somebody_of_whom_only_the_people_table_knows_has_a_page(viewer: httpx.Client, owner: Connection[Any]) -> None:
    owner.execute(
        "INSERT INTO person.people (person_id, full_name, last_name, captured_at, raw_id)"
        " VALUES (77, 'Zedekiah <Zeal> O''Quirk', 'O''Quirk', now(), 1) ON CONFLICT DO NOTHING"
    )
    html = viewer.get("/ballpark/player/77").text
    assert "<h1>Zedekiah &lt;Zeal&gt; O&#39;Quirk</h1>" in html
    assert "No finished game of this player is loaded." in html
    for begins in ("zedek", "O'QUIRK", "  Zedekiah  <zeal>"):
        found = viewer.get("/ballpark/player", params={"name": begins}).text
        assert 'href="/ballpark/player/77"' in found, begins
    for begins in ("%", "_", "quirk", "\\"):
        found = viewer.get("/ballpark/player", params={"name": begins}).text
        assert "No name that is loaded begins with" in found, begins


def test_a_name_is_found_in_whatever_case_and_with_any_accents_and_all_else_as_it_is_spelled(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    owner.execute(
        "INSERT INTO person.people (person_id, full_name, last_name, captured_at, raw_id)"
        r" VALUES (78, 'Élan 5%_\Dot', '5%_\Dot', now(), 1) ON CONFLICT DO NOTHING"
    )
    for begins in ("5%", "5%_", r"5%_\dOT", "élan", "ÉLAN 5%_", "Elan", "elàn 5", "e\N{COMBINING ACUTE ACCENT}l"):
        found = viewer.get("/ballpark/player", params={"name": begins}).text
        assert 'href="/ballpark/player/78"' in found, begins
    for begins in ("5_", "5%%", "5%_%", r"5%\_", "Elen", r"Élan 5\%"):
        found = viewer.get("/ballpark/player", params={"name": begins}).text
        assert "No name that is loaded begins with" in found, begins


def test_whom_only_the_newest_games_name_is_found_and_has_a_page_before_he_has_played(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    """As on the evening of `make up`: `mlb_people` asks for the players of a date on the morning after."""
    player_id, full_name, last_name = one(
        owner,
        "SELECT player_id, full_name, last_name FROM game.live_game_players AS player WHERE NOT EXISTS ("
        " SELECT FROM game.live_game_boxscore_batting AS line WHERE line.player_id = player.player_id"
        " UNION ALL SELECT FROM game.live_game_boxscore_pitching AS line WHERE line.player_id = player.player_id"
        ") AND NOT EXISTS (SELECT FROM person.people WHERE person_id = player_id) ORDER BY player_id LIMIT 1",
    )
    for begins in (full_name, full_name[:3].upper(), last_name.lower()):
        found = viewer.get("/ballpark/player", params={"name": begins}).text
        assert found.count(f'href="/ballpark/player/{player_id}"') == 1, begins
    html = viewer.get(f"/ballpark/player/{player_id}").text
    assert f"<h1>{escape(full_name)}" in html
    assert "No game in which this player batted or pitched is loaded." in html


@pytest.mark.parametrize("name", ["Ma\0r", "M" * 101])
def test_what_can_be_no_name_is_refused(viewer: httpx.Client, name: str) -> None:
    assert viewer.get("/ballpark/player", params={"name": name}).status_code == 422


@pytest.mark.parametrize(("player", "status"), [("1", 404), ("0", 422), ("99999999999", 422), ("babe", 422)])
def test_a_player_that_nobody_knows_is_told(viewer: httpx.Client, player: str, status: int) -> None:
    answer = viewer.get(f"/ballpark/player/{player}")
    assert answer.status_code == status
    assert "<h1>Not" in answer.text
