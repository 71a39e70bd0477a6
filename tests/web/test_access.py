"""Who gets what of the page: without a login nobody anything, viewers what is read, other sites nothing at all."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from mlb_data_platform.web import access
from tests.dags.conftest import PROJECT_DIR
from tests.web.conftest import DAY, ROLES, Client

pytestmark = pytest.mark.services


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Each method and path that the page answers."""
    return [(method, path) for route in app.routes for method, path in _of(route)]


def _of(route: BaseRoute) -> Iterator[tuple[str, str]]:
    assert isinstance(route, APIRoute), f"{route} inherits no dependency: nobody asks who wants it"
    for method in sorted(route.methods):
        yield method, re.sub(r"{[^}]*}", "1", route.path.replace("{day}", str(DAY)))


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer forged"}, {"Cookie": "_token=forged"}])
def test_no_route_answers_who_has_not_logged_in(ballpark: FastAPI, client: Client, headers: dict[str, str]) -> None:
    found = routes(ballpark)
    assert len(found) > 5
    with client(None, **headers) as nobody:
        for method, path in [*found, ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/static/page.js")]:
            answer = nobody.request(method, f"/ballpark{path}")
            assert answer.status_code in (401, 403), (method, path, answer.text)


def test_who_has_not_logged_in_is_told_where_to(client: Client) -> None:
    answer = client(None).get("/ballpark/")
    assert answer.status_code == 401
    assert 'href="/auth/login?next=' in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_may_look_at_dags_reads(evening: dict[str, str], client: Client, role: str) -> None:
    with client(role) as somebody:
        for path in ("/", f"/?date={DAY}", "/static/page.js", "/static/icon.svg"):
            answer = somebody.get(f"/ballpark{path}")
            assert answer.status_code == 200, (path, answer.text)


def test_each_route_answers_a_viewer_and_starts_nothing_for_him(ballpark: FastAPI, viewer: httpx.Client) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
    for method, path in routes(ballpark):
        starts = method not in ("GET", "HEAD", "OPTIONS") and path != "/1"  # where there is nothing, nothing is started
        with viewer.stream(method, f"/ballpark{path}", headers=headers) as answer:  # some would go on for minutes
            assert answer.status_code in ((403,) if starts else (200, 303, 404, 422)), (method, path)


def test_its_address_leads_to_it_without_the_slash_as_well(evening: dict[str, str], client: Client) -> None:
    with client("VIEWER") as viewer:
        for query in ("", f"?date={DAY}"):
            answer = viewer.get(f"/ballpark{query}")
            assert answer.status_code == 307
            assert str(answer.next_request.url) == f"{viewer.base_url}/ballpark/{query}"  # type: ignore[union-attr]


def test_what_is_asked_without_content_is_answered_as_with_it(viewer: httpx.Client) -> None:
    for path in ("/", "/game", "/game/1", "/health", f"/health/date/{DAY}", "/player", "/player/1"):
        full, head = viewer.get(f"/ballpark{path}"), viewer.head(f"/ballpark{path}")
        assert (head.status_code, head.content) == (full.status_code, b""), path
        assert head.headers["Content-Type" if full.content else "Location"]


def test_it_describes_itself_to_nobody(client: Client) -> None:
    with client("ADMIN") as admin:
        for path in ("/docs", "/redoc", "/openapi.json", "/static/vendor/vendored.json", "/static/../app.py"):
            assert admin.get(f"/ballpark{path}").status_code == 404, path


SITES = {
    "another site": {"Sec-Fetch-Site": "cross-site", "HX-Request": "true"},
    "a site of the same domain": {"Sec-Fetch-Site": "same-site", "HX-Request": "true"},
    "a form of this site": {"Sec-Fetch-Site": "same-origin"},
    "another site's old browser": {"Origin": "http://elsewhere.example", "HX-Request": "true"},
    "a sandboxed frame": {"Origin": "null", "HX-Request": "true"},
    "nothing known": {},
}


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_changes_something_is_taken_from_the_page_alone(client: Client, site: str, method: str) -> None:
    with client("ADMIN") as admin:
        answer = admin.request(method, "/ballpark/", headers=SITES[site])
        assert answer.status_code == 403, answer.text
        assert "page itself" in answer.text
        of_the_page = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
        assert admin.request(method, "/ballpark/", headers=of_the_page).status_code == 404, (
            "nothing is changed there, but it asks"
        )


@pytest.mark.parametrize(("role", "status"), [("VIEWER", 403), ("USER", 200), ("OP", 200), ("ADMIN", 200)])
def test_only_who_may_trigger_runs_may_start_something(
    ballpark: FastAPI, client: Client, role: str, status: int
) -> None:
    def start(may: access.MayBackfill) -> dict[str, bool]:
        return {"may": may}

    probe = APIRoute(
        "/probe", start, methods=["POST"], dependencies=[*ballpark.router.dependencies, Depends(access.backfiller)]
    )
    ballpark.router.routes.insert(0, probe)
    try:
        headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true"}
        answer = client(role).post("/ballpark/probe", headers=headers)
    finally:
        ballpark.router.routes.remove(probe)
    assert answer.status_code == status, answer.text


def test_each_answer_keeps_the_browser_from_all_that_is_not_the_pages(client: Client) -> None:
    answers: list[httpx.Response] = [
        client(None).get("/ballpark/"),
        client("VIEWER").get("/ballpark/nowhere"),
        client("VIEWER").get("/ballpark/"),
    ]
    assert [answer.status_code for answer in answers] == [401, 404, 200]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=", answer.text), "the policy would refuse it"


def test_a_page_that_cannot_be_imported_is_closed_and_airflow_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    from plugins.mlb import MlbPlugin
    from starlette.testclient import TestClient

    monkeypatch.setitem(sys.modules, "mlb_data_platform.web.app", None)
    (found,) = MlbPlugin().fastapi_apps
    browser = TestClient(found["app"])
    for method, path in (("GET", "/"), ("GET", "/static/page.js"), ("POST", "/anything")):
        answer = browser.request(method, path)
        assert answer.status_code == 503
        assert "could not be imported" in answer.text


def test_no_process_but_the_api_server_imports_it() -> None:
    tree = ast.parse((PROJECT_DIR / "plugins" / "mlb.py").read_text())
    at_import = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert "mlb_data_platform.orchestration.timetable" in at_import
    assert not [name for name in at_import if name.startswith(("mlb_data_platform.web", "fastapi", "starlette"))]


def test_it_stands_in_airflows_navigation(client: Client) -> None:
    with client("VIEWER") as viewer:
        assert viewer.get("/ballpark/").status_code == 200
    with client("ADMIN") as admin:
        plugins = admin.get("/api/v2/plugins").json()["plugins"]
    (view,) = next(plugin for plugin in plugins if plugin["name"] == "mlb")["external_views"]
    assert (view["name"], view["href"], view["destination"]) == ("Ballpark", "ballpark/", "nav")
    with client("VIEWER") as viewer:
        for icon in (view["icon"], view["icon_dark_mode"]):
            assert viewer.get(f"/{icon}").headers["Content-Type"].startswith("image/svg+xml")
