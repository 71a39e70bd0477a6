"""Templates, and what all of them know: where the page and Airflow are, where its files are, which pages there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlb_data_platform.web.static_files import version

_MOST_KEPT = 1000  # half innings, of some kilobytes each


def render(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Return a whole page."""
    return HTMLResponse(fragment(request, template, **values), status_code=status_code)


def fragment(request: Request, template: str, **values: Any) -> str:
    """Return what a template makes of values: a page, or a part of one."""
    root = request.scope.get("root_path", "")
    return _environment().get_template(template).render(
        root=root,
        airflow=request.scope.get("app_root_path", ""),
        static=lambda name: f"{root}/static/{name}?v={version(name)}",
        pages=request.app.state.pages,
        now=datetime.now(UTC),
        **values,
    )  # fmt: skip


@lru_cache(maxsize=_MOST_KEPT)
def fragment_of(template: str, **values: Any) -> str:
    """Return what a template makes of these values alone, which are hashable: the same are not rendered twice."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["duration"] = _duration
    return environment


def _moment(moment: datetime) -> str:
    """As the attribute `datetime` of an element wants it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _duration(time: timedelta) -> str:
    """In words, as exactly as somebody wants to know it."""
    minutes = round(time.total_seconds() / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{round(minutes / 60)} h" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"
