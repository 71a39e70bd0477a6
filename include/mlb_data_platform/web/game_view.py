"""A game as its page shows it: what the queries tell, put together by half innings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from psycopg import AsyncConnection

from mlb_data_platform.web import drawing
from mlb_data_platform.web.queries import at_once, game_history, game_plays
from mlb_data_platform.web.queries import game as game_queries
from mlb_data_platform.web.queries.game import Batting, Challenges, Game, Inning, Pitching
from mlb_data_platform.web.queries.game_history import Correction, PlayWorth
from mlb_data_platform.web.queries.game_plays import BattedBall, Event, Play, Review


@dataclass(frozen=True)
class ToldPlay:
    """A play, what happened in it, and what was reviewed of it."""

    play: Play
    events: tuple[Event, ...]
    reviews: tuple[Review, ...]

    def reviews_of(self, event_index: int | None) -> list[Review]:
        """Return the reviews of an event; None: of the play as a whole."""
        return [each for each in self.reviews if each.event_index == event_index]

    @property
    def zone(self) -> drawing.Rectangle | None:
        """The batter's strike zone."""
        return drawing.zone((each.zone_top for each in self.events), (each.zone_bottom for each in self.events))

    @property
    def crossings(self) -> list[tuple[Event, drawing.Place]]:
        """The pitches of which is known where they crossed the plate, and where."""
        found = ((each, drawing.crossing(each.plate_x, each.plate_z)) for each in self.events if each.is_pitch)
        return [(each, place) for each, place in found if place]


@dataclass(frozen=True)
class Half:
    """A half inning and its plays: equal to another with the same content."""

    inning: int
    half_inning: str
    plays: tuple[ToldPlay, ...]

    @property
    def id(self) -> str:
        """The id of its element."""
        return f"half-{self.inning}-{self.half_inning}"

    @property
    def name(self) -> str:
        """What people call it."""
        return half_name(self.inning, self.half_inning)


@dataclass(frozen=True)
class Chart:
    """How a game went, play by play, as the points of a line: the better for the home team, the higher."""

    line: str
    begins: list[tuple[int, float]]  # innings, and where they begin
    words: str


@dataclass(frozen=True)
class GameView:
    """All that is shown of a game as of `at`; None: as it is now. `goes_on`: there are captures to come, as of now."""

    at: datetime | None
    goes_on: bool
    game: Game
    innings: list[Inning]
    batting: list[Batting]
    pitching: list[Pitching]
    challenges: list[Challenges]
    halves: list[Half]
    batted: list[BattedBall]
    chances: Chart | None
    worths: Chart | None
    corrections: list[Correction]

    @property
    def is_kept(self) -> bool:
        """Whether it is kept up to date: what was is as it was, and what is over is read again by whoever looks."""
        return self.at is None and self.goes_on

    @property
    def is_growing(self) -> bool:
        """Whether captures come while it is shown as it was."""
        return self.at is not None and self.goes_on

    @property
    def by_inning(self) -> dict[int, Inning]:
        """The innings by their numbers."""
        return {each.inning: each for each in self.innings}

    @property
    def columns(self) -> int:
        """How many innings the line score has room for."""
        return max([self.game.scheduled_innings, *(each.inning for each in self.innings)])

    def play_name(self, at_bat_index: int) -> str:
        """Return what tells people which play it is."""
        for half in self.halves:
            for told in half.plays:
                if told.play.at_bat_index == at_bat_index:
                    return ", ".join(filter(None, (half.name, told.play.batter)))
        return f"play {at_bat_index}"

    @property
    def last(self) -> ToldPlay | None:
        """The newest play."""
        return self.halves[-1].plays[-1] if self.halves else None


def half_name(inning: int, half_inning: str) -> str:
    """Return what people call a half inning."""
    return f"{half_inning.capitalize()} of {inning}"


async def game_view(connection: AsyncConnection, game_pk: int, at: datetime | None) -> GameView | None:
    """Return a game as of a moment; None where the tables have, or had by then, nothing of it."""
    game = await game_queries.game(connection, game_pk, at)
    if game is None:
        return None
    newest = game if at is None else await game_queries.game(connection, game_pk)
    innings, batting, pitching, challenges, plays, events, reviews, batted, worths = await at_once(
        connection,
        *(
            question(connection, game_pk, at)
            for question in (
                game_queries.innings, game_queries.batting, game_queries.pitching, game_queries.challenges,
                game_plays.plays, game_plays.events, game_plays.reviews, game_plays.batted_balls,
                game_history.play_worths,
            )
        ),
    )  # fmt: skip
    chances = _chances(game, plays)
    return GameView(
        at=at,
        goes_on=newest is not None and newest.standing in ("live", "ahead"),
        game=game,
        innings=innings,
        batting=batting,
        pitching=pitching,
        challenges=challenges,
        halves=_halves(plays, events, reviews),
        batted=batted,
        chances=chances,
        worths=None if chances else _worths(game, plays, worths),
        corrections=await game_history.corrections(connection, game_pk, at) if game.standing == "over" else [],
    )


def _halves(plays: list[Play], events: Iterable[Event], reviews: Iterable[Review]) -> list[Half]:
    happened: dict[int, list[Event]] = defaultdict(list)
    reviewed: dict[int, list[Review]] = defaultdict(list)
    for event in events:
        happened[event.at_bat_index].append(event)
    for review in reviews:
        reviewed[review.at_bat_index].append(review)
    return [
        Half(
            inning,
            half_inning,
            tuple(
                ToldPlay(play, tuple(happened[play.at_bat_index]), tuple(reviewed[play.at_bat_index]))
                for play in of_half
            ),
        )
        for (inning, half_inning), of_half in groupby(plays, lambda play: (play.inning, play.half_inning))
    ]


def _chances(game: Game, plays: list[Play]) -> Chart | None:
    known = [(play, play.home_chance) for play in plays if play.home_chance is not None]
    if not known:
        return None
    lowest, highest = min(known, key=lambda each: each[1]), max(known, key=lambda each: each[1])
    words = (
        f"The chance of {game.home_name} to win: {known[-1][1]:.0f} % after the last of {len(known)} plays;"
        f" at the least {lowest[1]:.0f} % in the {_when(lowest[0])}, at the most {highest[1]:.0f} % in the"
        f" {_when(highest[0])}."
    )
    return Chart(drawing.chart([chance / 100 for _, chance in known]), _begins([play for play, _ in known]), words)


def _worths(game: Game, plays: list[Play], worths: list[PlayWorth]) -> Chart | None:
    worth_of = {each.at_bat_index: each for each in worths}
    plays = [play for play in plays if play.at_bat_index in worth_of]
    ahead, sums = 0.0, []
    for play in plays:
        ahead += worth_of[play.at_bat_index].re24 * (1 if play.half_inning == "bottom" else -1)
        sums.append(ahead)
    if not sums:
        return None
    most = max(1.0, *(abs(each) for each in sums))
    leader = game.home_name if ahead >= 0 else game.away_name
    words = (
        f"What the plays were worth in runs, those to be expected included: by the last of {len(sums)} plays"
        f" {leader} is {abs(ahead):.1f} ahead. The chances to win are not loaded: mlb_win_probability does."
    )
    shares = [0.5 + each / most / 2 for each in sums]
    return Chart(drawing.chart(shares), _begins(plays), words)


def _begins(plays: list[Play]) -> list[tuple[int, float]]:
    """The innings, and where the chart of these plays has the first play of each."""
    step = drawing.CHART_WIDTH / max(len(plays) - 1, 1)
    found: dict[int, float] = {}
    for number, play in enumerate(plays):
        found.setdefault(play.inning, round(number * step, 1))
    return list(found.items())


def _when(play: Play) -> str:
    return half_name(play.inning, play.half_inning).lower()
