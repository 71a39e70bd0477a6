"""Which task of a job comes after which: what the YAML says, and what it leaves to the order of its tasks."""

from __future__ import annotations

from collections.abc import Mapping

from mlb_data_platform.errors import nearest
from mlb_data_platform.jobs.task_models import Task

# What the platform adds to the tasks of the YAML; both run in Airflow itself.
LIST_GAMES = "list_games"
CHECK = "check"
# The tasks that are per game, where there are several: in Airflow their ids begin with it.
GAME_GROUP = "game"

Graph = dict[str, tuple[str, ...]]


def graph(tasks: Mapping[str, Task], *, lists_games: bool) -> Graph:
    """Return for each task those that it comes right after, in the order of the file.

    A task that does not say comes after the one above it. `list_games` stands right above the first task that is per
    game or comes after it by name; `check` comes after all that nothing else comes after. Raises ValueError, which
    names the task and its `after`, for one that names what does not stand above it, or breaks the group of the games.
    """
    names = list(tasks)
    if lists_games:
        names.insert(_place_of_list_games(tasks), LIST_GAMES)
    found: Graph = {}
    for position, name in enumerate(names):
        given = tasks[name].after if name in tasks else None
        found[name] = tuple(names[:position][-1:] if given is None else given)
        for each in found[name]:
            if each not in found or each == name:
                raise ValueError(f"tasks.{name}.after: {_not_above(each, names[:position], names)}")
    _check_group(game_steps(tasks), found)
    followed = {each for before in found.values() for each in before}
    return found | {CHECK: tuple(name for name in names if name not in followed)}


def game_steps(tasks: Mapping[str, Task]) -> tuple[str, ...]:
    """Return the tasks that are per game, where there are several: they form a group, and each game goes its own way.

    Such a task comes after the others of its own game; one outside of the group comes after those of all games.
    """
    found = tuple(name for name, task in tasks.items() if task.per_game)
    return found if len(found) > 1 else ()


def _place_of_list_games(tasks: Mapping[str, Task]) -> int:
    needs = (
        position for position, task in enumerate(tasks.values()) if task.per_game or LIST_GAMES in (task.after or ())
    )
    return next(needs, 0)


def _not_above(name: str, above: list[str], names: list[str]) -> str:
    if name in names:
        return f"'{name}' does not stand above it; a task comes after tasks that do"
    return f"there is no task '{name}'{nearest(name, above)}"


def _check_group(steps: tuple[str, ...], found: Graph) -> None:
    """The group is one node of the graph: what is outside comes before all of it, or after the last of its tasks."""
    inner = {each for step in steps for each in found[step] if each in steps}
    behind: set[str] = set()
    for name, before in found.items():
        if name in steps:
            wrong, reason = behind, "comes after all games, which a task of one game cannot wait for"
        else:
            wrong, reason = inner, "is a step on the way of each game; name the last one"
            if not behind.union(steps).isdisjoint(before):
                behind.add(name)
        for each in before:
            if each in wrong:
                raise ValueError(f"tasks.{name}.after: '{each}' {reason}")
