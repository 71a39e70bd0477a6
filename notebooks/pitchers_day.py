# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A pitcher's day
#
# The best start in the file, pitch by pitch: where they went, how hard they were, what came of them, and what happened
# when the batters saw him for the second and third time.
#
# Everything comes from two relations of the export: the box scores of pitchers (`game.live_game_boxscore_pitching`) and
# the view `game.pitch_by_pitch`, one row per pitch with the state before it.

# %%
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import MultipleLocator, PercentFormatter
from season import ask
from style import BLUE, GOLD, INK, MUTED, PITCHES, RED, count, finish, note, picture

# %% [markdown]
# ## Whose day it was
#
# Bill James's game score: 50, a point for each out, two for each inning after the fourth, one for each strikeout; less
# two for a hit, four for an earned run, two for another run, one for a walk.

# %%
starts = ask("""
    SELECT
        50 + line.outs + 2 * greatest(line.outs // 3 - 4, 0) + line.strike_outs - 2 * line.hits
            - 4 * line.earned_runs - 2 * (line.runs - line.earned_runs) - line.base_on_balls AS game_score,
        player.full_name AS pitcher, game.official_date::date AS day,
        CASE line.side WHEN 'home' THEN game.home_name ELSE game.away_name END AS club,
        CASE line.side WHEN 'home' THEN game.away_name ELSE game.home_name END AS opponent,
        line.innings_pitched AS ip, line.strike_outs AS k, line.base_on_balls AS bb, line.hits AS h,
        line.earned_runs AS er, line.pitches_thrown AS pitches, game_pk, player_id
    FROM game.live_game_boxscore_pitching AS line
    JOIN game.live_game_metadata AS game USING (game_pk)
    JOIN game.live_game_players AS player USING (game_pk, player_id)
    WHERE line.games_started = 1 AND game.abstract_game_state = 'Final'
    ORDER BY game_score DESC, line.strike_outs DESC, game_pk
    LIMIT 10
""")
start = starts.iloc[0]
who = {"game_pk": int(start.game_pk), "pitcher_id": int(start.player_id)}
starts.drop(columns=["game_pk", "player_id"])

# %%
pitches = ask(
    """
    SELECT
        row_number() OVER (ORDER BY at_bat_index, event_index) AS number, inning, pitch_type_code AS type,
        pitch_type_description AS pitch, start_speed AS mph, plate_x, plate_z, break_horizontal, break_vertical_induced,
        bat_side_code AS side, batter_name AS batter, event, call_description AS call,
        CASE
            WHEN is_in_play THEN 'put in play'
            WHEN call_code IN ('S', 'W', 'T', 'M') THEN 'missed'
            WHEN call_code IN ('F', 'L') THEN 'fouled off'
            WHEN call_code = 'C' THEN 'called strike'
            ELSE 'ball'
        END AS result
    FROM game.pitch_by_pitch
    WHERE game_pk = $game_pk AND pitcher_id = $pitcher_id AND plate_x IS NOT NULL
    ORDER BY number
    """,
    **who,
)
arsenal = pitches.groupby("type").agg(
    pitch=("pitch", "first"), thrown=("mph", "size"), mph=("mph", "mean"), fastest=("mph", "max"),
    swings=("result", lambda of: of.isin(["missed", "fouled off", "put in play"]).sum()),
    missed=("result", lambda of: (of == "missed").sum()),
)  # fmt: skip
arsenal["share"] = arsenal.thrown / len(pitches)
arsenal["whiffs"] = arsenal.missed / arsenal.swings.where(arsenal.swings > 0)
arsenal = arsenal.sort_values("thrown", ascending=False)
arsenal["colour"] = arsenal.index.map(PITCHES).fillna(MUTED)
pitches["colour"] = pitches.type.map(arsenal.colour)
counted = {"strikeout": start.k, "hit": start.h, "walk": start.bb, "earned run": start.er}
line = ", ".join([f"{start.ip} innings", *(count(number, noun) for noun, number in counted.items())])
day = f"{start.club} against {start.opponent}, {start.day:%B} {start.day.day}, {start.day.year}"
arsenal.drop(columns=["swings", "colour"]).style.format(
    {"mph": "{:.1f}", "fastest": "{:.1f}", "share": "{:.0%}", "whiffs": "{:.0%}"}, na_rep=""
)

# %% [markdown]
# ## Where they went
#
# As the catcher sees it: every pitch as it crossed the plate, apart by what the batter did about it. The box is the
# strike zone of an average batter.

# %%
figure, panels = picture(
    f"{start.pitcher}: {len(pitches)} pitches", f"{line}  ·  {day}", (12, 5.3),
    {f"{each.pitch} {each.share:.0%}": each.colour for each in arsenal.itertuples()}, ncols=4, sharex=True, sharey=True,
)  # fmt: skip
together = {
    "Taken": (["ball", "called strike"], pitches.result == "called strike", "ring: called strike"),
    "Missed": (["missed"], pitches.event.str.startswith("Strikeout", na=False), "ring: strikeout"),
    "Fouled off": (["fouled off"], pitches.event.notna(), ""),
    "Put in play": (["put in play"], pitches.event.isin(["Single", "Double", "Triple", "Home Run"]), "ring: hit"),
}
for axes, (name, (results, is_ringed, means)) in zip(panels, together.items(), strict=True):
    some = pitches[pitches.result.isin(results)]
    ringed = some[is_ringed[some.index]]
    axes.add_patch(Rectangle((-0.83, 1.55), 1.66, 1.9, facecolor="#f0eee6", edgecolor=INK, linewidth=1.6))
    axes.plot([-0.71, 0.71, 0.71, 0, -0.71, -0.71], [0.42, 0.42, 0.3, 0.12, 0.3, 0.42], color=MUTED, linewidth=1)
    axes.scatter(
        some.plate_x,
        some.plate_z,
        s=80,
        c=some.colour,
        alpha=0.9,
        edgecolor="white",
        linewidth=0.7,
        zorder=3,
        clip_on=False,
    )
    ring = {"s": 150, "facecolor": "none", "edgecolor": INK, "linewidth": 1.3, "zorder": 4, "clip_on": False}
    axes.scatter(ringed.plate_x, ringed.plate_z, **ring)
    axes.text(0, -0.3, means, ha="center", va="top", size=9, color=MUTED)
    axes.set(xlim=(-2.2, 2.2), ylim=(-0.5, 4.7), xticks=[], yticks=[], aspect="equal")
    axes.set_title(f"{name}  {len(some)}", loc="center")
    finish(axes)

# %% [markdown]
# ## How hard they were
#
# Each pitch in the order in which it was thrown. Does the fastball last?

# %%
figure, axes = picture(
    "Did he tire?",
    f"Each pitch of {start.pitcher} by speed  ·  lines: an inning's average of his {arsenal.pitch.iloc[0].lower()}"
    "  ·  rings: strikeouts",
    (12, 5.2), dict(zip(arsenal.pitch, arsenal.colour, strict=True)),
)  # fmt: skip
for inning, some in pitches.groupby("inning"):
    first, last = some.number.min() - 0.5, some.number.max() + 0.5
    axes.axvspan(first, last, color=INK, alpha=0.045 if inning % 2 else 0, linewidth=0)
    note(
        axes,
        f"{inning}",
        ((first + last) / 2, 1),
        (0, 4),
        xycoords=axes.get_xaxis_transform(),
        ha="center",
        color=MUTED,
    )
    axes.hlines(some[some.type == arsenal.index[0]].mph.mean(), first, last, color=arsenal.colour.iloc[0], alpha=0.5)
axes.annotate(
    "inning", (0, 1), xycoords="axes fraction", xytext=(-8, 4), textcoords="offset points", ha="right", color=MUTED
)
dot = {"s": 48, "edgecolor": "white", "linewidth": 0.6, "zorder": 3, "clip_on": False}
axes.scatter(pitches.number, pitches.mph, c=pitches.colour, **dot)
out = pitches[pitches.event.str.startswith("Strikeout", na=False)]
axes.scatter(out.number, out.mph, **ring)
fastest = pitches.loc[pitches.mph.idxmax()]
axes.annotate(
    f"{fastest.mph:.1f}", (fastest.number, fastest.mph), xytext=(8, 3), textcoords="offset points", weight="bold"
)
axes.set(xlabel="pitch of the day", ylabel="miles an hour", xlim=(0.5, len(pitches) + 0.5))
axes.set_ylim(pitches.mph.min() - 2, pitches.mph.max() + 2)
axes.yaxis.set_major_locator(MultipleLocator(5))
finish(axes, grid="y")

# %% [markdown]
# ## How they moved, and what came of them
#
# On the left what spin adds to the flight, in inches: to the side as the catcher sees it, and up, against a ball
# without spin. On the right what came of each kind of pitch.

# %%
results = {"ball": "#c9ced2", "called strike": "#8d99a3", "fouled off": GOLD, "put in play": BLUE, "missed": RED}
figure, (moved, came) = picture(
    "What he threw, and what it got him", f"{start.pitcher}  ·  {day}", (12, 5.6), results,
    ncols=2, width_ratios=[1, 1.25],
)  # fmt: skip
for code, some in pitches.groupby("type"):
    moved.scatter(some.break_horizontal, some.break_vertical_induced, s=52, color=arsenal.colour[code], alpha=0.8,
                  edgecolor="white", linewidth=0.6)  # fmt: skip
moved.axhline(0, color=MUTED, linewidth=0.8, zorder=0)
moved.axvline(0, color=MUTED, linewidth=0.8, zorder=0)
moved.set(xlim=(-25, 25), ylim=(-25, 25), aspect="equal", xlabel="inches to the side", ylabel="inches up")
finish(moved)

left = pd.Series(0.0, arsenal.index)
for result, colour in results.items():
    share = (pitches.result == result).groupby(pitches.type).mean()[arsenal.index]
    bars = came.barh(arsenal.pitch, share, left=left, color=colour, height=0.62)
    came.bar_label(bars, [f"{each:.0%}" if each >= 0.06 else "" for each in share], label_type="center", size=9,
                   color="white" if colour in (BLUE, RED) else INK)  # fmt: skip
    left += share
for place, thrown in enumerate(arsenal.thrown):
    note(came, f"{thrown}", (1, place), (8, 0), va="center", color=MUTED)
note(came, "thrown", (1, -0.5), (4, 0), va="bottom", color=MUTED)
came.invert_yaxis()
came.set(xticks=[], xlim=(0, 1))
came.set_yticks(range(len(arsenal)), [f"{each.pitch}\n{each.mph:.1f} mph" for each in arsenal.itertuples()])
for label, colour in zip(came.get_yticklabels(), arsenal.colour, strict=True):
    label.set(color=colour, weight="bold")
finish(came)

# %% [markdown]
# ## The third time through the order
#
# Batters are said to learn: the more often they have seen a pitcher in a game, the better they do. The bars are all
# starters of the file, the dots our man. (The simulator's batters learn nothing, so that the bars stand about level:
# look at an export of your own, `MLB_DUCKDB=season.duckdb make notebook`, to see whether yours do.)

# %%
times = ask(
    """
    WITH faced AS (
        SELECT
            row_number() OVER (PARTITION BY game_pk, pitcher_id, batter_id ORDER BY at_bat_index) AS time,
            event_type IN ('single', 'double', 'triple', 'home_run', 'walk', 'intent_walk', 'hit_by_pitch') AS reached,
            event_type LIKE 'strikeout%' AS struck_out,
            game_pk = $game_pk AND pitcher_id = $pitcher_id AS his
        FROM game.pitch_by_pitch
        JOIN (
            SELECT game_pk, player_id AS pitcher_id FROM game.live_game_boxscore_pitching WHERE games_started = 1
        ) AS starter USING (game_pk, pitcher_id)
        WHERE event IS NOT NULL
    )
    SELECT
        time, count(*) AS batters, count(*) FILTER (his) AS his_batters,
        avg(reached::int) AS reached, avg(reached::int) FILTER (his) AS his_reached,
        avg(struck_out::int) AS struck_out, avg(struck_out::int) FILTER (his) AS his_struck_out
    FROM faced WHERE time <= 3 GROUP BY time ORDER BY time
    """,
    **who,
)
figure, panels = picture(
    "Once, twice, three times through the order",
    f"Bars: {times.batters.sum():,} plate appearances against all starters  ·  dots: the {times.his_batters.sum()}"
    f" against {start.pitcher}",
    (10, 4.8), ncols=2, sharey=True,
)  # fmt: skip
panels[0].set_ylim(0, 1.1 * times[["reached", "his_reached", "struck_out", "his_struck_out"]].max(axis=None))
for axes, (name, column, colour) in zip(
    panels, [("Reached base", "reached", RED), ("Struck out", "struck_out", BLUE)], strict=True
):
    bars = axes.bar(times.time, times[column], width=0.8, color=colour, alpha=0.3)
    for bar, share in zip(bars, times[column], strict=True):
        note(axes, f"{share:.1%}", (bar.get_x(), share), (2, 3), color=MUTED, size=9)  # beside the dot
    axes.plot(times.time, times[f"his_{column}"], "o-", color=colour, markersize=10, linewidth=1.5, clip_on=False)
    axes.set(xticks=times.time, xticklabels=["first", "second", "third"][: len(times)])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_title(name)
    axes.tick_params(axis="x", pad=10)
    finish(axes, grid="y")
