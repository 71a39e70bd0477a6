# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What was corrected
#
# A game that is final is not finished: hours and days later a scorer makes an error of a hit, or the tracking system
# calls a sinker a four-seamer. The API changes such things in place, without a new revision. Whoever asked once has the
# wrong number for ever; the platform asks again (`mlb_corrections`) and keeps what was said before.
#
# `game.corrections` has it value by value: which row, which column, before, after, and when it was seen.

# %%
import pandas as pd
from IPython.display import display
from season import ask, ask_for_any
from style import BLUE, FAINT, GOLD, GREEN, INK, MUTED, RED, finish, note, picture

# %% [markdown]
# ## How many, and of what
#
# One decision changes many values. What was decided shows in the plays and the pitches; all else follows from it.

# %%
decided = ask_for_any("""
    WITH correction AS (
        SELECT
            game_pk, seen_at, count(*) AS values_changed, count(DISTINCT table_name) AS tables,
            count(*) FILTER (table_name = 'live_game_plays' AND column_name = 'event') AS plays,
            count(*) FILTER (table_name = 'live_game_pitch_events' AND column_name = 'pitch_type_code') AS pitches,
            max(after->>'$') FILTER (table_name = 'live_game_plays' AND column_name = 'event') AS event
        FROM game.corrections GROUP BY game_pk, seen_at
    )
    SELECT
        game_pk, game.official_date::date AS day, game.away_abbreviation || ' @ ' || game.home_abbreviation AS game,
        CASE
            WHEN event LIKE '%Error' THEN 'hit to error'
            WHEN plays > 0 THEN 'error to hit'
            WHEN pitches > 0 THEN 'pitches renamed'
            ELSE 'other'
        END AS decision,
        plays, pitches, values_changed, tables, seen_at, last_play.ended_at,
        epoch(seen_at - last_play.ended_at) / 3600 AS hours
    FROM correction
    JOIN game.live_game_metadata AS game USING (game_pk)
    JOIN (
        SELECT game_pk, max(end_time) AS ended_at FROM game.live_game_plays GROUP BY game_pk
    ) AS last_play USING (game_pk)
    ORDER BY seen_at
""")
finals = "game.live_game_metadata WHERE abstract_game_state = 'Final'"
games = ask(f"SELECT count(*) AS number FROM {finals} HAVING number > 0").number[0]
if decided.empty:
    print(f"Of {games} final games none was corrected, as far as the file knows")
else:
    colours = {"hit to error": RED, "error to hit": GREEN, "pitches renamed": BLUE, "other": MUTED}
    colours = {name: colour for name, colour in colours.items() if name in set(decided.decision)}
    kinds = decided.groupby("decision").agg(
        corrections=("game_pk", "size"), games=("game_pk", "nunique"), values=("values_changed", "sum"),
        most_in_one=("values_changed", "max"), latest_after_hours=("hours", "max"),
    )  # fmt: skip
    display(kinds.style.format({"latest_after_hours": "{:.0f}"}))

# %% [markdown]
# ## How late
#
# Each dot is a correction, at the time between the last out and the request that saw it. The lines are when the
# platform asks again; what lies right of one would have been missed by whoever asks no later.

# %%
if decided.empty:
    print("Nothing was corrected")
else:
    corrected = decided.game_pk.nunique()
    share = f"{corrected} of {games} games ({corrected / games:.0%})"
    figure, axes = picture(
        "Final is not final", f"{share} were corrected after the last out; size: values changed", (11, 4.4)
    )
    ticks = {1: "an hour", 10: "the next\nmorning", 24: "a day", 72: "three\ndays", 168: "a week"}
    axes.set(xscale="log", xlim=(0.3, 300), ylim=(-0.6, len(colours) - 0.4))
    for hours in ticks:
        axes.axvline(hours, color=FAINT, linewidth=1.2, zorder=0)
    spread = decided.groupby([decided.decision, decided.hours.round(0)]).cumcount()
    of_its_kind = spread.groupby([decided.decision, decided.hours.round(0)]).transform("max")
    place = decided.decision.map({name: number for number, name in enumerate(reversed(colours))})
    height = place + (spread - of_its_kind / 2) * 0.09
    sizes = 40 + decided.values_changed * 5
    axes.scatter(
        decided.hours, height, s=sizes, c=decided.decision.map(colours), alpha=0.75, edgecolor="white", zorder=3
    )
    for name, number in zip(reversed(colours), range(len(colours)), strict=True):
        some = decided[decided.decision == name]
        axes.text(0.3, number + 0.04, name, weight="bold", color=colours[name], va="bottom")
        axes.text(0.3, number - 0.02, f"corrections: {len(some)}", color=MUTED, va="top", size=9)
    axes.set_xticks([*ticks], [*ticks.values()])
    axes.minorticks_off()
    axes.set_yticks([])
    finish(axes)

# %% [markdown]
# ## Before and after, in the scorer's words

# %%
flips = ask_for_any("""
    WITH change AS (
        SELECT
            game_pk, (key->>'at_bat_index')::int AS at_bat_index, seen_at,
            max(before->>'$') FILTER (column_name = 'event') AS event_before,
            max(after->>'$') FILTER (column_name = 'event') AS event_after,
            max(before->>'$') FILTER (column_name = 'description') AS before,
            max(after->>'$') FILTER (column_name = 'description') AS after
        FROM game.corrections WHERE table_name = 'live_game_plays' GROUP BY ALL
    )
    SELECT
        game.official_date::date AS day, game.away_abbreviation || ' @ ' || game.home_abbreviation AS game,
        play.half_inning || ' ' || play.inning AS inning, event_before || ' → ' || event_after AS scored,
        change.before, change.after, game_pk, play.batter_id, play.pitcher_id
    FROM change
    JOIN game.live_game_plays AS play USING (game_pk, at_bat_index)
    JOIN game.live_game_metadata AS game USING (game_pk)
    WHERE event_before <> event_after
    ORDER BY day, game_pk, at_bat_index
""")
if flips.empty:
    print("No play was scored anew")
else:
    told = flips.drop(columns=["game_pk", "batter_id", "pitcher_id"]).style.hide(axis="index")
    wide = {"text-align": "left", "white-space": "normal", "min-width": "18em"}
    display(told.set_properties(subset=["before", "after"], **wide))

# %% [markdown]
# ## One call, many numbers
#
# A hit that becomes an error is one word in a play. It moves the box score of the batter, the pitcher and the fielder,
# the totals of both clubs, the line score, and who is charged with which run.

# %%
if not decided.plays.any():
    print("No play was scored anew")
else:
    ripples = ask(
        """
        SELECT replace(replace(table_name, 'live_game_', ''), '_', ' ') AS part, count(*) / $games AS values_a_game
        FROM game.corrections
        WHERE (game_pk, seen_at) IN (SELECT (unnest($pks), unnest($moments)))
        GROUP BY part ORDER BY values_a_game
        """,
        pks=[int(pk) for pk in decided[decided.plays > 0].game_pk],
        moments=[moment.to_pydatetime() for moment in decided[decided.plays > 0].seen_at],
        games=float((decided.plays > 0).sum()),
    )
    number = f"{ripples.values_a_game.sum():.0f} values on average"
    figure, axes = picture(
        "One call, many numbers", f"A hit that becomes an error, or the other way round, changes {number}", (10, 4.8)
    )
    bars = axes.barh(
        ripples.part, ripples.values_a_game, color=[RED if part == "plays" else GOLD for part in ripples.part]
    )
    axes.bar_label(bars, [f"{number:.1f}" for number in ripples.values_a_game], padding=4, color=MUTED)
    axes.set_xticks([])
    finish(axes)

# %% [markdown]
# ## Whose hits they were
#
# What the scorer took from a batter, or gave him, in batting average over the games of the file. In a month a single
# hit is ten points and more.

# %%
averages = ask_for_any(
    """
    WITH flipped AS (
        SELECT (key->>'player_id')::int AS player_id, sum((after->>'$')::int - (before->>'$')::int) AS hits
        FROM game.corrections
        WHERE table_name = 'live_game_boxscore_batting' AND column_name = 'hits'
        GROUP BY ALL HAVING hits <> 0
    )
    SELECT
        line.player_name AS batter, line.at_bats, line.hits, flipped.hits AS given,
        (line.hits - flipped.hits) / line.at_bats AS before, line.hits / line.at_bats AS after
    FROM flipped JOIN game.season_batting AS line USING (player_id)
    WHERE line.at_bats > 0
    ORDER BY after - before, batter
    LIMIT 24
    """
)
if averages.empty:
    print("No batter has a hit more or less than at first")
else:
    figure, axes = picture(
        "What the scorer gives and takes",
        "Batting average as it was scored (ring) and as it stands (dot), over all games of the file",
        (10, 1.9 + 0.34 * len(averages)),
    )
    colour = [GREEN if given > 0 else RED for given in averages.given]
    axes.hlines(averages.index, averages.before, averages.after, color=colour, linewidth=2.2, alpha=0.6)
    axes.scatter(averages.before, averages.index, s=60, facecolor="white", edgecolor=colour, linewidth=1.6, zorder=3)
    axes.scatter(averages.after, averages.index, s=70, c=colour, zorder=3)
    for row in averages.itertuples():
        text = f"{row.before:.3f} → {row.after:.3f}".replace("0.", ".")
        note(axes, text, (max(row.before, row.after), row.Index), (9, 0), va="center", size=9, color=MUTED)
    axes.set_yticks(averages.index, averages.batter)  # a name may be that of two
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.3f}".removeprefix("0"))
    axes.margins(x=0.16)
    finish(axes, grid="x")

# %% [markdown]
# ## Which pitches were taken for which
#
# The tracking system changes its mind as well. How often pitches of one name (left) became another (below).

# %%
renamed = ask_for_any("""
    SELECT before->>'$' AS before, after->>'$' AS after, count(*) AS pitches
    FROM game.corrections
    WHERE table_name = 'live_game_pitch_events' AND column_name = 'pitch_type_description'
    GROUP BY ALL
""")
if renamed.empty:
    print("No pitch was renamed")
else:
    often = pd.concat([renamed.before, renamed.after]).unique()
    matrix = renamed.pivot_table(index="before", columns="after", values="pitches").reindex(index=often, columns=often)
    order = matrix.sum(axis=1).sort_values(ascending=False).index
    matrix = matrix.loc[order, order]
    figure, axes = picture(
        "Taken for another",
        f"Pitches renamed after the game: {renamed.pitches.sum()}; what they were (left), what they are (below)",
        (9.5, 5.8),
    )
    axes.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.max(axis=None) * 1.1, aspect="auto")
    for (row, column), number in pd.DataFrame(matrix.to_numpy()).stack().items():
        is_dark = number > 0.6 * matrix.max(axis=None)
        axes.text(
            column, row, f"{number:.0f}", ha="center", va="center", weight="bold", color="white" if is_dark else INK
        )
    axes.set_xticks(range(len(order)), order, rotation=25, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(order)), order)
    finish(axes)
