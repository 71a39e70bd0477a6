"""Who gets what of the page: without a login nobody anything, viewers what is read, other sites nothing at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from tests.web.conftest import Client

pytestmark = pytest.mark.services


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Each method and path that the page answers."""
    return [(method, path) for route in app.routes for method, path in _of(route)]


def _of(route: BaseRoute) -> Iterator[tuple[str, str]]:
    assert isinstance(route, APIRoute), f"{route} inherits no dependency: nobody asks who wants it"
    for method in sorted(route.methods):
        yield method, re.sub(r"{[^}]*}", "1", route.path)


def test_every_route_there_is_asks_for_a_login(ballpark: FastAPI, client: Client) -> None:
    found = routes(ballpark)
    assert len(found) > 5
    for method, path in found:
        answer = client(None).request(method, f"/ballpark{path}")
        assert answer.status_code in (401, 403), (method, path, answer.text)
        forged = client(None, Authorization="Bearer forged").request(method, f"/ballpark{path}")
        assert forged.status_code in (401, 403), (method, path, forged.text)
