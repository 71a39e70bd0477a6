# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The wildest game
#
# Which game went back and forth the most? The win probability says how likely either club is to win after each play;
# what it moved in all, up and down, is how wild a game was.
#
# It needs one view: `game.play_values`, where each play has the chance before and after it, what it was worth to the
# club at bat (`wpa`), and how much hung on it (`leverage_index`: 1 is an average moment, 3 a loud one).

# %%
import pandas as pd
from matplotlib.ticker import PercentFormatter
from season import ask
from style import BLUE, FAINT, GOLD, INK, MUTED, RED, finish, in_a_line, note, picture

# %%
games = ask("""
    SELECT
        game_pk, game.official_date::date AS day, game.away_name AS away, game.home_name AS home,
        game.away_runs, game.home_runs, game.current_inning AS innings,
        sum(abs(play.wpa)) AS moved, max(abs(play.wpa)) AS biggest_swing,
        count(*) FILTER (
            sign(home_win_probability_before - 50) * sign(home_win_probability_after - 50) < 0
        ) AS favourites_changed
    FROM game.play_values AS play
    JOIN game.live_game_metadata AS game USING (game_pk)
    WHERE game.abstract_game_state = 'Final' AND play.wpa IS NOT NULL
    GROUP BY ALL ORDER BY moved DESC, game_pk
""")
game = games.iloc[0]
away, home = f"{game.away}", f"{game.home}"
day = f"{game.day:%B} {game.day.day}, {game.day.year}"
result = f"{away} {game.away_runs}, {home} {game.home_runs}  ·  {game.innings} innings, {day}"
games.head(10).drop(columns="game_pk").style.hide(axis="index").format(
    {"moved": "{:.0%}", "biggest_swing": "{:.0%}", "day": "{:%Y-%m-%d}"}
)

# %%
plays = ask(
    """
    SELECT
        at_bat_index, value.inning, value.half_inning, value.event, value.description, value.leverage_index,
        home_win_probability_before / 100 AS before, home_win_probability_after / 100 AS after, wpa,
        play.away_score, play.home_score,
        value.batter_id, batter.full_name AS batter, value.pitcher_id, pitcher.full_name AS pitcher
    FROM game.play_values AS value
    JOIN game.live_game_plays AS play USING (game_pk, at_bat_index)
    JOIN game.live_game_players AS batter ON batter.game_pk = value.game_pk AND batter.player_id = value.batter_id
    JOIN game.live_game_players AS pitcher ON pitcher.game_pk = value.game_pk AND pitcher.player_id = value.pitcher_id
    WHERE value.game_pk = $game_pk
    ORDER BY at_bat_index
    """,
    game_pk=int(game.game_pk),
)
plays["swing"] = plays.after - plays.before
swings = plays.loc[plays.swing.abs().nlargest(6).index].sort_index()

# %% [markdown]
# ## The curve
#
# Above the middle the home club is the favourite, below it the visitors. The six biggest swings are named beside it;
# under the curve is how much hung on each play.

# %%
figure, ((curve, names), (pressure, nothing)) = picture(
    f"The wildest of {len(games)} games", result, (14, 7.2), {f"{home} favoured": BLUE, f"{away} favoured": RED},
    nrows=2, ncols=2, sharex="col", height_ratios=[4, 1], width_ratios=[5, 1],
)  # fmt: skip
step = pd.concat([pd.Series([plays.before.iloc[0]]), plays.after], ignore_index=True)
curve.fill_between(step.index, step, 0.5, where=step >= 0.5, interpolate=True, color=BLUE, alpha=0.22, linewidth=0)
curve.fill_between(step.index, step, 0.5, where=step <= 0.5, interpolate=True, color=RED, alpha=0.22, linewidth=0)
curve.plot(step.index, step, color=INK, linewidth=1.6)
curve.axhline(0.5, color=MUTED, linewidth=0.9)
for inning, some in plays.groupby("inning"):
    first, last = some.index[0], some.index[-1] + 1
    for axes in (curve, pressure):
        axes.axvline(first, color=FAINT, linewidth=1, zorder=0)
    score = f"{some.away_score.iloc[-1]} : {some.home_score.iloc[-1]}"
    middle = {"at": ((first + last) / 2, 1), "xycoords": curve.get_xaxis_transform(), "ha": "center"}
    note(curve, f"{inning}", offset=(0, 18), weight="bold", **middle)
    note(curve, score, offset=(0, 5), size=9, color=MUTED, **middle)
for name, above in (("inning", 18), ("away : home", 5)):
    note(curve, name, (0, 1), (-8, above), xycoords="axes fraction", ha="right", size=9, color=MUTED)
for number, play in enumerate(swings.itertuples(), start=1):
    colour = BLUE if play.swing > 0 else RED
    curve.plot([play.Index, play.Index + 1], [play.before, play.after], color=colour, linewidth=3.2, zorder=3)
    for axes, place in ((curve, (play.Index + 1, play.after)), (names, (0, -number))):
        axes.scatter(*place, s=190, color=colour, edgecolor="white", linewidth=1.2, zorder=4)
        axes.text(*place, f"{number}", color="white", size=9, weight="bold", ha="center", va="center", zorder=5)
    note(names, f"{play.batter}", (0, -number), (14, 1), weight="bold", va="bottom")
    what = f"{in_a_line(play.event)}, {play.half_inning} of {play.inning}: {abs(play.swing):.0%}"
    note(names, what, (0, -number), (14, -1), va="top", size=9, color=MUTED)
curve.set(ylim=(-0.04, 1.04), xlim=(0, len(plays) + 1), ylabel="home club wins")
curve.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
curve.set_yticks([0, 0.25, 0.5, 0.75, 1])
loud = plays.leverage_index.fillna(1)
pressure.bar(plays.index + 0.5, loud, width=0.8, color=[GOLD if each >= 2 else "#c9ced2" for each in loud])
pressure.set(ylabel="leverage", xlabel="plays", xticks=[])
names.set(xlim=(-0.1, 1), ylim=(-len(swings) - 0.6, -0.4))
names.set_axis_off()
nothing.set_axis_off()
finish(curve, grid="y")
finish(pressure)

# %% [markdown]
# ## In words

# %%
whose = ["the home club" if each > 0 else "the visitors" for each in swings.swing]
swings.assign(swing=[f"{abs(each):.0%} for {club}" for each, club in zip(swings.swing, whose, strict=True)])[
    ["inning", "half_inning", "description", "swing", "leverage_index"]
].style.hide(axis="index").format({"leverage_index": "{:.1f}"}).set_properties(
    subset=["description"], **{"text-align": "left", "white-space": "normal", "min-width": "30em"}
)

# %% [markdown]
# ## Who won it, who lost it
#
# What the plays of each batter and pitcher were worth to his own club, in wins. All of a game adds up to half a win for
# the one club and half a win against the other.

# %%
worth = pd.concat(
    [
        plays.assign(player=plays.batter, player_id=plays.batter_id, worth=plays.wpa, at_bat=True),
        plays.assign(player=plays.pitcher, player_id=plays.pitcher_id, worth=-plays.wpa, at_bat=False),
    ]
)
worth["is_home"] = (worth.half_inning == "bottom") == worth["at_bat"]
total = worth.groupby(["player_id", "player", "is_home"], as_index=False).worth.sum().sort_values("worth")
shown = pd.concat([total.head(6), total.tail(6)]).drop_duplicates("player_id", ignore_index=True)
figure, axes = picture(
    "Who won it, who lost it", f"What each man's plays were worth to his club, in wins  ·  {result}", (11, 5.6),
    {home: BLUE, away: RED},
)  # fmt: skip
bars = axes.barh(
    shown.index, shown.worth, color=[BLUE if each else RED for each in shown.is_home], alpha=0.9, height=0.7
)
axes.bar_label(bars, [f"{each:+.2f}" for each in shown.worth], padding=4, color=MUTED)
axes.axvline(0, color=INK, linewidth=0.9)
axes.set_yticks(shown.index, shown.player)  # a name may be that of two
axes.set_xticks([])
axes.margins(x=0.1)
finish(axes)

# %% [markdown]
# ## And the others
#
# Most games are decided early and stay so. Each dot is a game: how much its chances moved in all, and its biggest
# swing.

# %%
figure, axes = picture("Most games are quiet", f"{len(games)} games of the file; ours is the red one", (10, 5.2))
axes.scatter(games.moved, games.biggest_swing, s=44, color=BLUE, alpha=0.45, edgecolor="white")
axes.scatter(game.moved, game.biggest_swing, s=130, color=RED, edgecolor="white", zorder=3)
note(axes, f"{away}\nat {home}", (game.moved, game.biggest_swing), (6, 14), ha="right", weight="bold")
median = games.moved.median()
axes.axvline(median, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
note(axes, "half of all games", (median, 1), (5, -4), xycoords=axes.get_xaxis_transform(), va="top", color=MUTED)
axes.set(xlabel="what the chances moved in all", ylabel="the biggest swing of one play")
axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
finish(axes, grid="both")
