"""The league around the games: whatever it answers is the sum of them, at every moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.simulated_api import SEASON, ask, league

from statsapi_simulator.api.clock import Clock
from statsapi_simulator.api.league import League
from statsapi_simulator.model import SIDES, Fate

Json = dict[str, Any]

# A week into the season, before noon: some 80 games are over, rosters have changed.
NOW = datetime(SEASON, 4, 1, 14, tzinfo=UTC)
YESTERDAY = date(SEASON, 3, 31)
DECEMBER = datetime(SEASON, 12, 1, tzinfo=UTC)
COUNTED = ("hits", "homeRuns", "atBats", "strikeOuts", "rbi")


def _schedule(now: datetime = NOW, **asked: Any) -> Iterator[Json]:
    answer = ask("/api/v1/schedule", now, sportId=1, **asked)
    return (game for day in answer["dates"] for game in day["games"])


def _over(last: date) -> list[Json]:
    """The games of the schedule that are over by a date, each once."""
    games = _schedule(startDate=f"{SEASON}-03-01", endDate=last.isoformat())
    return list({game["gamePk"]: game for game in games if game["status"]["codedGameState"] in "FO"}.values())


def _boxes(games: list[Json]) -> Iterator[tuple[int, Json]]:
    """Every club's part of every box score."""
    for game in games:
        teams = ask(f"/api/v1/game/{game['gamePk']}/boxscore", NOW)["teams"]
        yield from ((teams[side]["team"]["id"], teams[side]) for side in SIDES)


# ---- Standings ----


@pytest.mark.parametrize("day", [date(SEASON, 3, 28), YESTERDAY, date(SEASON, 8, 1)])
def test_standings_of_a_date_are_the_sums_of_the_results(day: date) -> None:
    won, lost, scored, allowed = (Counter[int]() for _ in range(4))
    for game in _over(min(day, YESTERDAY)):
        runs = {side: game["teams"][side]["score"] for side in SIDES}
        for side, other in (("away", "home"), ("home", "away")):
            team = game["teams"][side]["team"]["id"]
            won[team] += runs[side] > runs[other]
            lost[team] += runs[side] < runs[other]
            scored[team] += runs[side]
            allowed[team] += runs[other]
    records = ask("/api/v1/standings", NOW, leagueId="103,104", date=day.isoformat())["records"]
    teams = [each for record in records for each in record["teamRecords"]]
    assert len(records) == 6
    assert len(teams) == 30
    for each in teams:
        team = each["team"]["id"]
        assert (each["wins"], each["losses"]) == (won[team], lost[team])
        assert (each["runsScored"], each["runsAllowed"]) == (scored[team], allowed[team])
        splits = {split["type"]: split for split in each["records"]["splitRecords"]}
        for one, other in (("home", "away"), ("left", "right"), ("day", "night"), ("grass", "turf")):
            assert splits[one]["wins"] + splits[other]["wins"] == won[team]
        for kind in ("divisionRecords", "leagueRecords"):
            own = sum(split["wins"] for split in each["records"][kind])
            assert own <= won[team]
        assert sum(split["wins"] for split in each["records"]["leagueRecords"]) == won[team]


def test_a_schedule_and_a_feed_tell_the_same_records_as_standings() -> None:
    records = ask("/api/v1/standings", NOW, date=YESTERDAY.isoformat())["records"]
    known = {each["team"]["id"]: each["leagueRecord"] for record in records for each in record["teamRecords"]}
    last = {game["teams"][side]["team"]["id"]: (game, side) for game in _over(YESTERDAY) for side in SIDES}
    assert len(last) == 30
    for team, (game, side) in last.items():
        listed = game["teams"][side]["leagueRecord"]
        assert (listed["wins"], listed["losses"]) == (known[team]["wins"], known[team]["losses"])
    ahead = _schedule(startDate=f"{SEASON}-04-10", endDate=f"{SEASON}-09-20", teamId=901)
    told = {
        (each["wins"], each["losses"])
        for game in ahead
        for each in (game["teams"][side]["leagueRecord"] for side in SIDES if game["teams"][side]["team"]["id"] == 901)
    }
    assert told == {(known[901]["wins"], known[901]["losses"])}, "nobody knows today how a game will end"
    (game, side) = last[901]
    record = ask(f"/api/v1.1/game/{game['gamePk']}/feed/live", NOW)["gameData"]["teams"][side]["record"]
    assert record["leagueRecord"]["wins"] == known[901]["wins"]


def test_a_game_that_is_over_counts_at_once_and_none_before_its_end() -> None:
    """In the evening, with games over, on and to come: tomorrow's games are listed with the standings of the moment."""
    evening = datetime(SEASON, 4, 1, 1, 30, tzinfo=UTC)
    states = Counter(game["status"]["abstractGameState"] for game in _schedule(evening, date=YESTERDAY.isoformat()))
    assert states["Final"] > 2
    assert states["Live"] > 2
    records = ask("/api/v1/standings", evening)["records"]
    known = {each["team"]["id"]: each["leagueRecord"] for record in records for each in record["teamRecords"]}
    for game in _schedule(evening, startDate=f"{SEASON}-04-01", endDate=f"{SEASON}-04-04"):
        for side in SIDES:
            record = known[game["teams"][side]["team"]["id"]]
            told = game["teams"][side]["leagueRecord"]
            assert (told["wins"], told["losses"]) == (record["wins"], record["losses"])


def test_ranks_and_games_back_follow_from_the_records() -> None:
    for record in ask("/api/v1/standings", NOW)["records"]:
        teams = record["teamRecords"]
        assert [each["divisionRank"] for each in teams] == ["1", "2", "3", "4", "5"]
        assert [float(each["winningPercentage"]) for each in teams] == sorted(
            (float(each["winningPercentage"]) for each in teams), reverse=True
        )
        first = teams[0]
        for each in teams:
            behind = (first["wins"] - each["wins"] + each["losses"] - first["losses"]) / 2
            assert each["gamesBack"] == (f"{behind:.1f}" if behind > 0 else "-")
    wild = ask("/api/v1/standings", NOW, standingsTypes="wildCard", leagueId=103)["records"][0]["teamRecords"]
    assert [each["wildCardRank"] for each in wild] == [str(rank) for rank in range(1, 13)]


# ---- Rosters ----


def test_rosters_of_a_date_hold_everybody_in_its_box_scores() -> None:
    games = [game for game in _over(YESTERDAY) if game["officialDate"] == YESTERDAY.isoformat()]
    for team, box in _boxes(games):
        roster = ask(f"/api/v1/teams/{team}/roster", NOW, rosterType="active", date=YESTERDAY.isoformat())["roster"]
        assert {each["person"]["id"] for each in roster} == {each["person"]["id"] for each in box["players"].values()}
        assert len(roster) == 26


def test_a_roster_of_forty_says_where_everybody_is() -> None:
    roster = ask("/api/v1/teams/903/roster/40Man", datetime(SEASON, 8, 1, 12, tzinfo=UTC))["roster"]
    statuses = Counter(each["status"]["code"] for each in roster)
    assert len(roster) == 40
    assert statuses["A"] == 26
    assert statuses["RM"] > 0
    assert set(statuses) <= {"A", "RM", "D10", "D15"}


@pytest.mark.parametrize("team", [901, 917])
def test_transactions_explain_every_change_of_a_roster(team: int) -> None:
    """From day to day, who comes was recalled or activated and who goes was optioned or put on a list."""

    def roster(day: date) -> set[int]:
        answer = ask(f"/api/v1/teams/{team}/roster", DECEMBER, rosterType="active", date=day.isoformat())
        return {each["person"]["id"] for each in answer["roster"]}

    moves: dict[date, list[Json]] = defaultdict(list)
    for move in ask("/api/v1/transactions", DECEMBER, teamId=team)["transactions"]:
        moves[date.fromisoformat(move["date"])].append(move)
    day, changes = date(SEASON, 3, 26), 0
    before = roster(day)
    while day < date(SEASON, 9, 20):
        day += timedelta(days=1)
        after = roster(day)
        coming, going = set[int](), set[int]()
        for move in moves[day]:
            arrives = move["typeCode"] == "CU" or " activated " in move["description"]
            (coming if arrives else going).add(move["person"]["id"])
        assert after == (before | coming - going) - (going - coming), day
        changes += after != before
        before = after
    assert changes > 20


def test_transactions_are_known_when_they_happen() -> None:
    answer = ask("/api/v1/transactions", NOW, startDate=f"{SEASON}-03-01", endDate=f"{SEASON}-12-31")["transactions"]
    assert answer
    assert max(each["date"] for each in answer) <= NOW.date().isoformat()
    moves = ask("/api/v1/transactions", DECEMBER, teamId=901)["transactions"]
    assert len({each["id"] for each in moves}) == len(moves)
    assert max(each["date"] for each in moves) <= league().games.dates(SEASON).offseason_start.isoformat()
    player = answer[0]["person"]["id"]
    assert {
        each["person"]["id"] for each in ask("/api/v1/transactions", DECEMBER, playerId=player)["transactions"]
    } == {player}


# ---- Statistics ----


@pytest.fixture(scope="module")
def sums() -> dict[str, dict[int, Counter[str]]]:
    """What the box scores of all games that are over add up to, by group and player."""
    found: dict[str, dict[int, Counter[str]]] = {group: defaultdict(Counter) for group in ("batting", "pitching")}
    for _, box in _boxes(_over(YESTERDAY)):
        for player in box["players"].values():
            for group, lines in found.items():
                counts = {key: value for key, value in player["stats"][group].items() if type(value) is int}
                lines[player["person"]["id"]].update(counts)
    return found


@pytest.mark.unmeasured
@pytest.mark.parametrize(("group", "named"), [("batting", "hitting"), ("pitching", "pitching")])
def test_a_season_is_the_sum_of_the_box_scores(
    sums: dict[str, dict[int, Counter[str]]], group: str, named: str
) -> None:
    answer = ask(
        "/api/v1/stats", NOW, stats="season", group=named, playerPool="ALL", limit=2000, sortStat="gamesPlayed"
    )
    splits = {split["player"]["id"]: split["stat"] for split in answer["stats"][0]["splits"]}
    played = {man: line for man, line in sums[group].items() if line["gamesPlayed"]}
    assert splits.keys() == played.keys()
    keys = set(next(iter(splits.values()))) & {key for line in played.values() for key in line}
    assert {"hits", "homeRuns", "strikeOuts", "gamesPlayed"} <= keys
    for man, stat in splits.items():
        assert {key: stat[key] for key in keys} == {key: played[man][key] for key in keys}


def test_one_player_has_the_same_season_everywhere(sums: dict[str, dict[int, Counter[str]]]) -> None:
    man = max(sums["batting"], key=lambda each: sums["batting"][each]["hits"])
    stats = ask(f"/api/v1/people/{man}/stats", NOW, stats="season,gameLog,byMonth,homeAndAway", group="hitting")[
        "stats"
    ]
    by_type = {each["type"]["displayName"]: each["splits"] for each in stats}
    (season,) = by_type["season"]
    for kind, splits in by_type.items():
        for key in COUNTED:
            assert sum(split["stat"][key] for split in splits) == season["stat"][key] == sums["batting"][man][key], kind
    log = by_type["gameLog"]
    assert len(log) == season["stat"]["gamesPlayed"]
    (game,) = ask(f"/api/v1/people/{man}/stats/game/{log[0]['game']['gamePk']}", NOW)["stats"]
    assert log[0]["stat"].items() <= {**log[0]["stat"], **game["splits"][0]["stat"]}.items()


def test_leaders_are_the_sorted_season(sums: dict[str, dict[int, Counter[str]]]) -> None:
    for category, stat in (("homeRuns", "homeRuns"), ("hits", "hits")):
        asked = {"leaderCategories": category, "statGroup": "hitting", "limit": 10}
        (answer,) = ask("/api/v1/stats/leaders", NOW, **asked)["leagueLeaders"]
        best = sorted((line[stat] for line in sums["batting"].values()), reverse=True)
        values = [int(leader["value"]) for leader in answer["leaders"]]
        assert values == best[: len(values)]
        assert len(values) >= 10
        ranks = [leader["rank"] for leader in answer["leaders"]]
        assert ranks == [1 + sum(other > value for other in best) for value in values]


def test_leaders_by_a_rate_have_played_enough() -> None:
    asked = {"leaderCategories": "earnedRunAverage", "limit": 5}
    (answer,) = ask("/api/v1/stats/leaders", NOW, **asked)["leagueLeaders"]
    values = [float(leader["value"]) for leader in answer["leaders"]]
    assert values == sorted(values)
    for leader in answer["leaders"]:
        (stats,) = ask(f"/api/v1/people/{leader['person']['id']}/stats", NOW, group="pitching")["stats"]
        assert stats["splits"][0]["stat"]["era"] == leader["value"]
        assert stats["splits"][0]["stat"]["outs"] >= 3 * 3


def test_a_club_is_the_sum_of_its_players() -> None:
    (team,) = ask("/api/v1/teams/905/stats", NOW, group="hitting")["stats"]
    players = ask("/api/v1/stats", NOW, group="hitting", teamId=905, playerPool="ALL", sortStat="hits")["stats"][0]
    for key in COUNTED:
        assert sum(split["stat"][key] for split in players["splits"]) == team["splits"][0]["stat"][key]
    records = ask("/api/v1/standings", NOW)["records"]
    (record,) = [each for listed in records for each in listed["teamRecords"] if each["team"]["id"] == 905]
    assert team["splits"][0]["stat"]["runs"] == record["runsScored"]
    assert team["splits"][0]["stat"]["gamesPlayed"] == record["gamesPlayed"] + record["leagueRecord"]["ties"]


def test_clubs_are_ranked_as_players_are() -> None:
    (answer,) = ask("/api/v1/teams/stats/leaders", NOW, leaderCategories="runs", statGroup="hitting")["leagueLeaders"]
    splits = ask("/api/v1/teams/stats", NOW, group="hitting", sortStat="runs")["stats"][0]["splits"]
    told = [(each["rank"], each["team"]["id"], each["value"]) for each in answer["leaders"]]
    known = [(split["rank"], split["team"]["id"], str(split["stat"]["runs"])) for split in splits]
    assert told == known[: len(told)]
    assert len(told) >= 5


def test_a_part_of_a_season_has_its_own_sums() -> None:
    first, then = f"{SEASON}-03-28", f"{SEASON}-03-29"
    ranges = [{}, {"endDate": first}, {"startDate": then, "season": SEASON}]
    whole, before, after = (
        ask("/api/v1/teams/stats", NOW, stats="byDateRange", group="hitting", **asked)["stats"][0] for asked in ranges
    )
    assert whole["type"]["displayName"] == "byDateRange"
    hits = [{split["team"]["id"]: split["stat"]["hits"] for split in page["splits"]} for page in (whole, before, after)]
    assert hits[0] == {team: hits[1][team] + hits[2].get(team, 0) for team in hits[0]}


@pytest.mark.parametrize("asked", [{"gameType": "S"}, {"sportId": 11}])
def test_what_is_not_played_here_has_no_sums(asked: Json) -> None:
    assert ask("/api/v1/teams/stats", NOW, group="hitting", **asked)["stats"][0]["splits"] == []
    (leaders,) = ask("/api/v1/stats/leaders", NOW, leaderCategories="rangeFactorPerGame", **asked)["leagueLeaders"]
    assert leaders["leaders"] == []


def test_standings_of_several_types_come_together() -> None:
    kinds = ["divisionLeaders", "wildCard"]
    records = ask("/api/v1/standings", NOW, standingsTypes=",".join(kinds), hydrate="league")["records"]
    assert [record["standingsType"] for record in records] == [kinds[0]] * 2 + [kinds[1]] * 2
    assert [len(record["teamRecords"]) for record in records] == [3, 3, 12, 12]
    assert {record["league"]["abbreviation"] for record in records} == {"AL", "NL"}


def test_attendance_is_what_the_feeds_say() -> None:
    came = Counter[int]()
    for game in _over(YESTERDAY):
        info = ask(f"/api/v1.1/game/{game['gamePk']}/feed/live", NOW)["gameData"]["gameInfo"]
        came[game["teams"]["home"]["team"]["id"]] += info["attendance"]
    answer = ask("/api/v1/attendance", NOW)
    told = Counter({each["team"]["id"]: each["attendanceTotalHome"] for each in answer["records"]})
    assert +told == came
    assert answer["aggregateTotals"]["attendanceTotalHome"] == came.total()


def test_a_correction_changes_the_season_when_it_is_announced() -> None:
    """A scorer turns a hit into an error: the batter's season loses it, from then on and not before."""
    own = League(7, SEASON, Clock(NOW))
    world = own.games.world(SEASON)
    for game in (game for game in world.schedule if game.fate is Fate.PLAYED):
        end = own.games.course(game.game_pk).revisions[-1]
        changes = own.games.correct(game.game_pk, end + timedelta(hours=1))
        change = next((each for each in changes if each.play.event_type == "field_error"), None)
        if change is not None:
            break
    batter = change.play.batter_id if change else 0

    def hits(now: datetime) -> int:
        (stats,) = own.answer(f"/api/v1/people/{batter}/stats", {"group": "hitting"}, now)["stats"]
        return int(stats["splits"][0]["stat"]["hits"])

    announced = change.announced_at if change else NOW
    assert hits(announced) == hits(announced - timedelta(seconds=1)) - 1


# ---- Chances ----


@pytest.mark.parametrize("which", [3, 20, 40])
def test_win_probability_moves_with_the_game_and_ends_with_it(which: int) -> None:
    game = _over(YESTERDAY)[which]
    path = f"/api/v1/game/{game['gamePk']}"
    plays = ask(f"{path}/winProbability", NOW)
    home_won = game["teams"]["home"]["score"] > game["teams"]["away"]["score"]
    assert plays[-1]["homeTeamWinProbability"] == (100.0 if home_won else 0.0)
    before = 50.0
    for play in plays:
        chance = play["homeTeamWinProbability"]
        assert 0 <= chance <= 100
        assert chance + play["awayTeamWinProbability"] == pytest.approx(100)
        at_first = before
        for event in (event for event in play["playEvents"] if "homeTeamWinProbability" in event):
            assert event["homeTeamWinProbabilityAdded"] == pytest.approx(event["homeTeamWinProbability"] - before)
            before = event["homeTeamWinProbability"]
        assert play["homeTeamWinProbabilityAdded"] == pytest.approx(chance - before)
        if play["result"]["rbi"]:
            home_bats = play["about"]["halfInning"] == "bottom"
            assert (chance > at_first) is home_bats or play["about"]["hasOut"] or chance == at_first
        before = chance
    metrics = ask(f"{path}/contextMetrics", NOW)
    assert (metrics["homeWinProbability"], metrics["awayWinProbability"]) == (before, 100 - before)
    assert metrics["game"]["gamePk"] == game["gamePk"]
    whole = ask(f"/api/v1.1/game/{game['gamePk']}/feed/live", NOW)["liveData"]["plays"]["allPlays"]
    assert [play["atBatIndex"] for play in plays] == [play["atBatIndex"] for play in whole]


def test_chances_within_a_play_stand_with_what_happened_on_the_bases_in_every_year() -> None:
    for season in (2018, 2024):
        old = League(7, season, Clock(datetime(season, 12, 1, tzinfo=UTC)))
        first = old.games.world(season).schedule[0]
        plays = old.answer(f"/api/v1/game/{first.game_pk}/winProbability", {}, datetime(season, 12, 1, tzinfo=UTC))
        events = [event for play in plays for event in play["playEvents"] if "homeTeamWinProbability" in event]
        assert {event["type"] for event in events} == {"action"}


@pytest.mark.unmeasured
def test_a_stolen_base_changes_the_chances_within_its_play() -> None:
    seen = Counter[str]()
    for game in _over(YESTERDAY):
        for play in ask(f"/api/v1/game/{game['gamePk']}/winProbability", NOW):
            home_bats = play["about"]["halfInning"] == "bottom"
            for event in play["playEvents"]:
                if "homeTeamWinProbability" not in event:
                    continue
                seen[event["details"]["eventType"]] += 1
                assert event["isBaseRunningPlay"]
                assert event["leverageIndex"] >= 0
                gained = event["homeTeamWinProbabilityAdded"] * (1 if home_bats else -1)
                # Far behind, a runner further on is thought to leave fewer to come after him: some tenths.
                assert gained < 0 if event["details"]["isOut"] else gained > -0.5, event
    assert seen["stolen_base_2b"] > 1, seen


def test_a_pinch_runner_who_steals_leaves_nobody_behind() -> None:
    plays = ask(f"/api/v1/game/{SEASON}1552/winProbability", DECEMBER)
    entered, stole = (plays[73]["playEvents"][position] for position in (0, 2))
    assert (entered["position"]["abbreviation"], stole["details"]["eventType"]) == ("PR", "stolen_base_3b")
    assert entered["player"]["id"] == stole["player"]["id"]
    assert 0 < stole["homeTeamWinProbabilityAdded"] < 50


def test_win_probability_stands_where_the_game_stands() -> None:
    game = next(each for each in league().games.world(SEASON).schedule if each.fate is Fate.PLAYED)
    path, during = f"/api/v1/game/{game.game_pk}/winProbability", game.starts_at + timedelta(hours=1)
    now = ask(path, during)
    assert 0 < len(now) < len(ask(path, DECEMBER))
    assert now == ask(path, DECEMBER, timecode=f"{during:%Y%m%d_%H%M%S}")
    assert ask(path, game.starts_at - timedelta(hours=9)) == []


def test_a_play_that_is_on_is_listed_without_chances() -> None:
    game = next(each for each in league().games.world(SEASON).schedule if each.fate is Fate.PLAYED)
    path, at_the_first_pitch = f"/api/v1/game/{game.game_pk}", game.starts_at + timedelta(minutes=1)
    (first,) = ask(f"{path}/winProbability", at_the_first_pitch)
    assert not first["about"]["isComplete"]
    assert not [name for name in first if "Probability" in name or name == "leverageIndex"]
    assert ask(f"{path}/contextMetrics", at_the_first_pitch)["homeWinProbability"] == 50.0
    plays = ask(f"{path}/winProbability", game.starts_at + timedelta(hours=1))
    assert ["homeTeamWinProbability" in play for play in plays] == [play["about"]["isComplete"] for play in plays]


# ---- The same for all ----


@pytest.mark.unmeasured
def test_the_same_seed_gives_the_same_league() -> None:
    targets = [
        ("/api/v1/standings", {}),
        ("/api/v1/transactions", {"teamId": "901"}),
        ("/api/v1/stats/leaders", {"leaderCategories": "hits,earnedRunAverage"}),
        ("/api/v1/teams/901/roster/40Man", {}),
    ]
    early = datetime(SEASON, 3, 28, 12, tzinfo=UTC)
    first, second = (
        [League(7, SEASON, Clock(early)).answer(path, asked) for path, asked in order]
        for order in (targets, targets[::-1])
    )
    assert first == second[::-1]
    other = League(8, SEASON, Clock(early))
    assert [other.answer(path, asked) for path, asked in targets] != first
