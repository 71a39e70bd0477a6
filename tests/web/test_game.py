"""Game: what the page shows of a game is what its tables have, however little that is."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import httpx
import pytest
from psycopg import Connection

from tests.season_copies import game_tables
from tests.web.conftest import DAY
from tests.web.game_pages import AHEAD, LIVE, a_game, a_game_that_is_over, cells, page, part, rows, said, words

pytestmark = pytest.mark.services


def test_the_line_score_is_that_of_the_tables(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    (game,) = rows(owner, "SELECT * FROM game.live_game_metadata WHERE game_pk = %s", game_pk)
    innings = rows(owner, "SELECT * FROM game.live_game_linescore_innings WHERE game_pk = %s ORDER BY inning", game_pk)
    away, home = cells(part(page(viewer, game_pk), "score"))
    for side, line in (("away", away), ("home", home)):
        runs = said(*(each[f"{side}_runs"] for each in innings))
        shown = [each if each.isdigit() else "" for each in line[1 : 1 + len(innings)]]
        assert (line[0], shown) == (game[f"{side}_abbreviation"], runs)
        assert line[-3:] == said(game[f"{side}_runs"], game[f"{side}_hits"], game[f"{side}_errors"])


def test_its_date_leads_to_the_games_beside_it(viewer: httpx.Client, owner: Connection[Any]) -> None:
    score = part(page(viewer, a_game_that_is_over(owner)), "score")
    ((address, date),) = re.findall(r'<span><a href="([^"]*)">([^<]*)</a></span>', score)
    assert (address, date) == (f"/ballpark/?date={DAY}", f"{DAY:%A, %-d %B %Y}")
    assert f'value="{DAY}"' in viewer.get(address).text


def test_the_box_score_is_that_of_the_tables(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    shown = cells(part(page(viewer, game_pk), "box"))
    batting = rows(
        owner,
        """
        SELECT full_name, at_bats, runs, hits, home_runs, rbi, base_on_balls, strike_outs
        FROM game.live_game_batting_order JOIN game.live_game_boxscore_batting USING (game_pk, side, player_id)
        JOIN game.live_game_players USING (game_pk, player_id) WHERE game_pk = %s
        """,
        game_pk,
    )
    assert len(batting) >= 18
    pitching = rows(
        owner,
        """
        SELECT full_name, innings_pitched, hits, runs, earned_runs, home_runs, base_on_balls, strike_outs,
            pitches_thrown
        FROM game.live_game_boxscore_pitching JOIN game.live_game_players USING (game_pk, player_id) WHERE game_pk = %s
        """,
        game_pk,
    )
    for line in (*batting, *pitching):
        name, *values = said(*line.values())
        assert any(each[0].startswith(name) and each[1:] == values for each in shown), line
    assert len(shown) == len(batting) + len(pitching)


def test_whom_it_names_lead_to_their_pages(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, LIVE)
    html = page(viewer, game_pk)
    query = """
        SELECT DISTINCT player_id, full_name FROM game.live_game_players AS player WHERE game_pk = %s AND EXISTS (
            SELECT FROM {} WHERE game_pk = player.game_pk AND player.player_id IN ({})
        )
    """
    for where, table, columns in (
        ("box", "game.live_game_batting_order", "player_id"),
        ("box", "game.live_game_pitchers", "player_id"),
        ("score", "game.live_game_metadata", "offense_batter_id, defense_pitcher_id, on_first_id, on_second_id"),
        ("half-1-top", "(SELECT * FROM game.live_game_plays WHERE inning = 1 AND half_inning = 'top')", "pitcher_id"),
        ("half-1-top", "(SELECT * FROM game.live_game_plays WHERE inning = 1 AND half_inning = 'top')", "batter_id"),
    ):
        named = rows(owner, query.format(table, columns), game_pk)
        assert named, where
        for each in named:
            assert f'<a href="/ballpark/player/{each["player_id"]}">{escape(each["full_name"])}</a>' in part(
                html, where
            )
    (one,) = rows(owner, query.format("game.live_game_batting_order", "player_id") + " LIMIT 1", game_pk)
    owner.execute("DELETE FROM game.live_game_boxscore_batting WHERE player_id = %s", (one["player_id"],))
    assert f"<h1>{escape(one['full_name'])}" in viewer.get(f"/ballpark/player/{one['player_id']}").text


def test_each_play_is_there_with_its_pitches(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    html = page(viewer, game_pk)
    plays = rows(owner, "SELECT * FROM game.live_game_plays WHERE game_pk = %s ORDER BY at_bat_index", game_pk)
    shown = re.findall(r'<details id="play-(\d+)">(.*?)</details>', html, re.DOTALL)
    assert [int(index) for index, _ in shown] == [play["at_bat_index"] for play in plays]
    pitches = rows(owner, "SELECT * FROM game.live_game_pitch_events WHERE game_pk = %s", game_pk)
    actions = rows(owner, "SELECT * FROM game.live_game_play_actions WHERE game_pk = %s", game_pk)
    for play, (index, told) in zip(plays, shown, strict=True):
        thrown = [each for each in pitches if each["at_bat_index"] == int(index)]
        happened = len(thrown) + sum(each["at_bat_index"] == int(index) for each in actions)
        assert len(cells(told)) == happened
        assert told.count("<circle") == sum(each["plate_x"] is not None for each in thrown)
        assert " ".join((play["description"] or "").split()) in words(told)
    for inning, half in {(play["inning"], play["half_inning"]) for play in plays}:
        assert f"{half.capitalize()} of {inning}" in part(html, f"half-{inning}-{half}")


def test_the_balls_in_play_are_on_the_field(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    query = """
        SELECT hit.* FROM game.live_game_hit_data AS hit
        JOIN game.live_game_pitch_events AS pitch USING (game_pk, at_bat_index, event_index)
        WHERE game_pk = %s AND is_in_play
    """
    hits = rows(owner, query, game_pk)
    owner.execute(
        "UPDATE game.live_game_hit_data SET coord_x = NULL WHERE game_pk = %s AND at_bat_index = %s",
        (game_pk, hits[0]["at_bat_index"]),
    )
    field = part(page(viewer, game_pk), "field")
    assert field.count("<circle") == len(hits) - 1, "nobody knows where that one went"
    assert len(cells(field)) == len(hits)
    assert 'class="fence"' in field


def test_chances_are_drawn_where_they_are_loaded(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    assert "mlb_win_probability" in words(part(page(viewer, game_pk), "chance"))
    owner.execute(
        """
        INSERT INTO game.win_probability_plays (game_pk, at_bat_index, home_team_win_probability, captured_at, raw_id)
        SELECT game_pk, at_bat_index, CASE at_bat_index WHEN 3 THEN 12.2 WHEN 5 THEN 91.8 ELSE 50 END, now(), 1
        FROM game.live_game_plays WHERE game_pk = %s
        """,
        (game_pk,),
    )
    chance = part(page(viewer, game_pk), "chance")
    assert re.search(r"at the least 12 % .* at the most 92 %", words(chance))
    (line,) = re.findall(r'<polyline points="([^"]+)"', chance)
    (plays,) = rows(owner, "SELECT count(*) FROM game.live_game_plays WHERE game_pk = %s AND is_complete", game_pk)
    assert len(line.split()) == plays["count"]


def test_without_them_it_is_what_the_plays_were_worth(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    owner.execute("REFRESH MATERIALIZED VIEW game.run_expectancy")
    chance = words(part(page(viewer, game_pk), "chance"))
    assert "in runs, those to be expected included" in chance
    assert "mlb_win_probability" in chance


def test_a_game_that_has_not_begun_says_so(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, AHEAD)
    owner.execute(
        "UPDATE game.live_game_metadata SET away_runs = NULL, home_runs = NULL WHERE game_pk = %s", (game_pk,)
    )
    html = page(viewer, game_pk)
    assert "The game has not begun" in words(html)
    assert re.search(r" UTC \(the newest\): [A-Z][-\w ]+; capture 1", words(part(html, "captures"))), "without a score"
    assert "The game is not over" in words(html)


def test_a_game_of_which_nothing_is_told_is_shown_all_the_same(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    for table, _ in game_tables(owner, "game"):
        names = rows(
            owner,
            """
            SELECT quote_ident(attname) AS name FROM pg_attribute AS a
            WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND NOT attnotnull
              AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisunique AND attnum = ANY (indkey))
              AND attname <> 'published_xid'
            """,
            table,
        )
        if names:
            nothing = ", ".join(f"{each['name']} = NULL" for each in names)
            owner.execute(f"UPDATE {table} SET {nothing} WHERE game_pk = %s".encode(), (game_pk,))
    assert "Away at Home" in words(page(viewer, game_pk))


def test_a_game_of_2018_is_shown_as_far_as_it_is_told(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    for table, columns in (
        ("metadata", ("official_date", "start_time_tbd", "attendance")),
        ("plays", ("is_top_inning", "event_type", "is_out")),
        ("pitch_events", ("zone", "plate_time", "extension", "spin_rate", "outs", "plate_x", "plate_z")),
        ("hit_data", ("trajectory", "location", "hardness", "coord_x", "coord_y")),
        ("venue_details", ("left_line", "center_field", "right_line")),
    ):
        nothing = ", ".join(f"{name} = NULL" for name in columns)
        owner.execute(f"UPDATE game.live_game_{table} SET {nothing} WHERE game_pk = %s".encode(), (game_pk,))
    html = page(viewer, game_pk)
    assert 'class="zone"' not in html, "nobody knows where they crossed the plate"
    assert len(cells(part(html, "half-1-top"))) > 0, "but what they were"
    assert 'class="fence"' not in part(html, "field")


def test_a_suspended_game_says_when_it_goes_on(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, LIVE)
    owner.execute(
        """
        UPDATE game.live_game_metadata SET detailed_state = 'Suspended: Rain', coded_game_state = 'U',
            status_reason = 'Rain', resume_date = '2026-08-13' WHERE game_pk = %s
        """,
        (game_pk,),
    )
    assert re.search(r"Suspended: Rain \(Rain\) to be resumed on 13 August", words(page(viewer, game_pk)))


def test_what_happens_beside_a_play_is_not_what_came_of_it(viewer: httpx.Client, owner: Connection[Any]) -> None:
    """Until a play is complete, the feed has as its event the last action: a mound visit, or a base that was stolen."""
    game_pk = a_game(owner, LIVE)
    (play,) = rows(
        owner,
        """
        UPDATE game.live_game_plays SET is_complete = false, event = 'Mound Visit', description = 'Mound Visit.'
        WHERE game_pk = %s AND at_bat_index = (
            SELECT max(at_bat_index) FROM game.live_game_plays WHERE game_pk = %s
        ) RETURNING at_bat_index
        """,
        game_pk, game_pk,
    )  # fmt: skip
    told = page(viewer, game_pk).partition(f'<details id="play-{play["at_bat_index"]}">')[2].partition("</details>")[0]
    summary, _, rest = told.partition("</summary>")
    assert words(summary).startswith("at bat ")
    assert "Mound Visit." in words(rest)


def test_a_game_that_was_resumed_is_not_to_be_resumed(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    owner.execute("UPDATE game.live_game_metadata SET resume_date = '2026-08-13' WHERE game_pk = %s", (game_pk,))
    assert "to be resumed" not in words(page(viewer, game_pk))


def test_a_game_that_is_called_off_was_not_played(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game(owner, AHEAD)
    owner.execute(
        "UPDATE game.live_game_metadata SET abstract_game_state = 'Final', coded_game_state = 'C' WHERE game_pk = %s",
        (game_pk,),
    )
    html = page(viewer, game_pk)
    for name in ("chance", "corrections"):
        assert words(part(html, name)).endswith("The game was not played.")


def test_extra_innings_begin_with_a_runner(viewer: httpx.Client, owner: Connection[Any]) -> None:
    game_pk = a_game_that_is_over(owner)
    (play,) = rows(owner, "SELECT max(at_bat_index) AS last FROM game.live_game_plays WHERE game_pk = %s", game_pk)
    owner.execute(
        "UPDATE game.live_game_plays SET inning = 11, half_inning = 'bottom' WHERE game_pk = %s AND at_bat_index = %s",
        (game_pk, play["last"]),
    )
    owner.execute(
        """
        INSERT INTO game.live_game_linescore_innings (game_pk, inning, away_runs, captured_at, raw_id)
        VALUES (%s, 11, 2, now(), 1)
        """,
        (game_pk,),
    )
    owner.execute(
        """
        INSERT INTO game.live_game_play_actions
            (game_pk, at_bat_index, event_index, event, description, captured_at, raw_id)
        VALUES (%s, %s, 900, 'Runner Placed On Base', 'Somebody starts the inning at 2nd base.', now(), 1)
        """,
        (game_pk, play["last"]),
    )
    html = page(viewer, game_pk)
    assert cells(part(html, "score"))[0][11] == "2"
    assert "Somebody starts the inning at 2nd base." in words(part(html, "half-11-bottom"))


def test_what_each_side_has_used_and_has_left_reads_as_a_sentence(viewer: httpx.Client, owner: Connection[Any]) -> None:
    score = words(part(page(viewer, a_game_that_is_over(owner)), "score"))
    assert len(re.findall(r": mound visits \d used, \d left\.", score)) == 2
    assert len(re.findall(r": challenges of balls and strikes \d won, \d lost, \d left\.", score)) == 2


def test_a_challenge_of_a_call_says_whose_it_was_and_what_came_of_it(
    viewer: httpx.Client, owner: Connection[Any]
) -> None:
    game_pk = a_game_that_is_over(owner)
    owner.execute("DELETE FROM game.live_game_reviews WHERE game_pk = %s", (game_pk,))
    (pitch,) = rows(
        owner,
        """
        INSERT INTO game.live_game_reviews
            (game_pk, at_bat_index, event_index, review_index, review_type, is_overturned, player_id, captured_at,
            raw_id)
        SELECT game_pk, at_bat_index, event_index, 0, 'MJ', true, player.player_id, now(), 1
        FROM game.live_game_pitch_events AS pitch JOIN game.live_game_players AS player USING (game_pk)
        WHERE game_pk = %s LIMIT 1 RETURNING at_bat_index, player_id
        """,
        game_pk,
    )
    (player,) = rows(
        owner, "SELECT full_name FROM game.live_game_players WHERE (game_pk, player_id) = (%s, %s)",
        game_pk, pitch["player_id"],
    )  # fmt: skip
    html = page(viewer, game_pk)
    (told,) = re.findall(rf'<details id="play-{pitch["at_bat_index"]}">(.*?)</details>', html, re.DOTALL)
    assert f"Challenge of the call by {player['full_name']}: overturned" in words(told)
