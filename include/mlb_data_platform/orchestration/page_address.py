"""`/ballpark` leads to `/ballpark/`, where the page is: without the slash Airflow's own interface finds nothing."""

from __future__ import annotations

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_ADDRESS = "/ballpark"


class PageAddress:
    """Answers a request for the address alone; all else goes through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead to the page, by an address relative to that which was asked for, or let the request through."""
        if scope["type"] == "http" and scope["path"].removeprefix(scope["root_path"]) == _ADDRESS:
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(f"{_ADDRESS[1:]}/{'?' * bool(query)}{query}")(scope, receive, send)
        else:
            await self._app(scope, receive, send)
