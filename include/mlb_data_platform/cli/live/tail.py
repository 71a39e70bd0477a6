"""`mlb-etl live tail`: what changes in the games that are followed, as it comes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mlb_data_platform.cli.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlb_data_platform.live.serve.tail import News
    from mlb_data_platform.live.serve.tail_lines import Lines


def tail(
    game_pk: Annotated[
        int | None, typer.Option(min=1, max=2**63 - 1, help="The game; default: all that are followed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print each change as a line of JSON.")] = False,
) -> None:
    """Print the state of each followed game, then each pitch, play, score and status as it gets into the tables.

    It goes on until it is interrupted, which is its good end (0), and waits where Redis is away. A pitch or play that
    the scorer changes is printed again.
    """
    from mlb_data_platform.live.serve.changes import serve_of
    from mlb_data_platform.live.serve.tail import Tail
    from mlb_data_platform.live.serve.tail_lines import Lines
    from mlb_data_platform.mapping.load import followed_mapping
    from mlb_data_platform.settings import settings

    mapping, _ = followed_mapping()
    serve = serve_of(mapping)
    unit = None if game_pk is None else dict.fromkeys(mapping.unit, game_pk)
    show = _print_json if as_json else _printer(Lines(mapping, serve))
    try:
        for news in Tail(mapping, serve, settings(), _say, unit).news():
            show(news)
    except Interrupted:
        raise typer.Exit from None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _print_json(news: News) -> None:
    for entry in news.entries:
        print(entry.as_json())
    sys.stdout.flush()


def _printer(lines: Lines) -> Callable[[News], None]:
    """What prints lines: with the styles of their kinds on a terminal, else plain."""
    if not sys.stdout.isatty():
        return lambda news: print(*(f"{line.text}\n" for line in lines.of(news)), sep="", end="", flush=True)
    from rich.console import Console
    from rich.text import Text

    console = Console()

    def show(news: News) -> None:
        for line in lines.of(news):
            console.print(Text(line.text, line.style), soft_wrap=True)

    return show
