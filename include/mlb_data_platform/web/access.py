"""Who may see the page, and who may start something from it: what Airflow's auth manager says of a request's user.

An application of a plugin inherits no authentication: these are the dependencies of each of its routes.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Request, status
from starlette.datastructures import URL

SHOWN = "mlb_game"  # who may read this DAG may read what it loads
BACKFILLED = "mlb_schedule"  # its runs start those of the games (DESIGN, section 9)

_SAFE = ("GET", "HEAD", "OPTIONS")
_HEADER = "HX-Request"  # htmx sends it; a form or an image of another site cannot
_SHOWN_AT = "HX-Current-URL"

reader = requires_access_dag("GET", param_dag_id=SHOWN)
backfiller = requires_access_dag("POST", DagAccessEntity.RUN, param_dag_id=BACKFILLED)


def may_backfill(user: GetUserDep) -> bool:
    """Return whether the user would pass `backfiller`: what nobody may do is not offered."""
    details = DagDetails(id=BACKFILLED)
    return get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user
    )


MayBackfill = Annotated[bool, Depends(may_backfill)]


def of_the_page(request: Request) -> None:
    """Let a request that changes something through only if the page itself sent it, whoever's cookie it has.

    The cookie alone does not tell: browsers send it along with what other sites ask for. Raises HTTPException (403).
    """
    if request.method not in _SAFE and not (_HEADER in request.headers and _is_same_origin(request)):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This was not asked for by the page itself.")


def is_for_a_part(request: Request) -> bool:
    """Whether a page that is open asks for a part of itself."""
    return _HEADER in request.headers


def login_url(request: Request) -> str:
    """Return where to log in, and to come back from: to what was asked for, or to the page of which that is a part."""
    page = _page_around(request) if is_for_a_part(request) else request.url
    return get_auth_manager().get_url_login(next_url=str(page))


def _page_around(request: Request) -> URL:
    """The page that is open. Its path is all that counts: whatever a header says, nobody is led to another site."""
    try:
        shown = urlsplit(request.headers.get(_SHOWN_AT, ""))
    except ValueError:  # it is no address
        shown = urlsplit("")
    path = shown.path if shown.path.startswith("/") else f"{request.scope['root_path']}/"
    return request.url.replace(path=path, query=shown.query)


def _is_same_origin(request: Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")  # a browser without the other, or no browser
    return origin is None or urlsplit(origin).netloc == request.headers.get("Host")
