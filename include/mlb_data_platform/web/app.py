"""The application of the page: its routes, all of them behind Airflow's login, and what it answers where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from mlb_data_platform.errors import PlatformError
from mlb_data_platform.web import access, static_files
from mlb_data_platform.web.changes import Changes
from mlb_data_platform.web.database import Database
from mlb_data_platform.web.endpoints import expected
from mlb_data_platform.web.followed import followed
from mlb_data_platform.web.headers import SecurityHeaders
from mlb_data_platform.web.pages import PAGES
from mlb_data_platform.web.rendering import render
from mlb_data_platform.web.shared_looks import SharedLooks


class _Page(FastAPI):
    """An application of which each answer has the headers, also that to an error which nobody has expected."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return it with the headers outermost: `add_middleware` adds within what answers to unexpected errors."""
        return SecurityHeaders(super().build_middleware_stack())


def application() -> FastAPI:
    """Return the application that Airflow mounts at /ballpark. It connects to nothing before it is asked something."""
    app = _Page(
        title="Ballpark",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(access.reader), Depends(access.of_the_page)],
        lifespan=_lifespan,
    )
    app.state.database = Database()
    app.state.changes = Changes()
    app.state.looks = SharedLooks(app.state.changes)
    app.state.pages = PAGES
    for page in PAGES:
        app.include_router(page.router)
    app.include_router(static_files.router)
    app.add_api_route("/{rest:path}", _nothing, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(PlatformError, _failed)
    app.add_exception_handler(Exception, _unexpected)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    warming = asyncio.create_task(_warm())  # nobody waits for it; where it fails, whoever needs it is told
    yield
    warming.cancel()
    await asyncio.wait([warming])
    await app.state.changes.close()
    await app.state.database.close()


async def _warm() -> None:
    """Read the YAML before somebody asks for what it says: what every page needs first."""
    await followed()
    await expected()


def _nothing(rest: str) -> Response:
    """A route like any other, so that only who has logged in is told what there is not."""
    raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no page {rest!r} here.")


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # nosec B101  # it is registered for these alone
    return _said(request, error.status_code, str(error.detail))


def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # nosec B101
    wrong = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in error.errors())
    return _said(request, status.HTTP_422_UNPROCESSABLE_CONTENT, f"This address says something wrong: {wrong}")


def _failed(request: Request, error: Exception) -> Response:
    return _said(request, status.HTTP_503_SERVICE_UNAVAILABLE, str(error))


def _unexpected(request: Request, error: Exception) -> Response:
    """Starlette raises it once this is answered: the server logs it."""
    return _said(
        request,
        status.HTTP_500_INTERNAL_SERVER_ERROR,
        "Nobody expected this: the log of Airflow's API server says what.",
    )


def _said(request: Request, code: int, words: str) -> Response:
    """To a page that is open it is said in a line, and what is shown stays; else it is a page of its own.

    Whoever has not logged in gets no part of the page, not even its looks: those are behind the login too.
    """
    login = access.login_url(request) if code == status.HTTP_401_UNAUTHORIZED else None
    if access.is_for_a_part(request):
        return render(request, "failed.html", status_code=code, words=words, login=login)
    if login:
        return render(request, "anonymous.html", status_code=code, login=login)
    return render(request, "said.html", status_code=code, words=words, code=code)
