"""Templates, and what all of them know: where the page is mounted, where its files are, which pages there are."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlb_data_platform.web.static_files import version


def render(request: Request, template: str, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Return a whole page."""
    return HTMLResponse(fragment(request, template, **values), status_code=status_code)


def fragment(request: Request, template: str, **values: Any) -> str:
    """Return what a template makes of values: a page, or a part of one."""
    root = request.scope.get("root_path", "")
    return _environment().get_template(template).render(
        root=root,
        static=lambda name: f"{root}/static/{name}?v={version(name)}",
        pages=request.app.state.pages,
        now=datetime.now(UTC),
        **values,
    )  # fmt: skip


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
    return environment


def _moment(moment: datetime) -> str:
    """As the attribute `datetime` of an element wants it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
