"""The page's own files: from where they come, how large they are, and how long a browser keeps them."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from pathlib import Path

import pytest

from mlb_data_platform.web import static_files
from mlb_data_platform.web.static_files import STATIC
from tests.web.conftest import Client

WEB = STATIC.parent
VENDOR = STATIC / "vendor"
MOST_JAVASCRIPT = 100_000  # bytes, before compression, of all there is


def test_what_others_wrote_is_what_they_published() -> None:
    said = {each["file"]: each for each in json.loads((VENDOR / "vendored.json").read_text())}
    assert {path.name for path in VENDOR.iterdir()} == {*said, "vendored.json"}
    for name, each in said.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == each["sha256"], name
        assert each["licence"] in ("0BSD", "MIT", "Apache-2.0", "BSD-3-Clause"), name


def test_there_is_little_javascript() -> None:
    assert sum(path.stat().st_size for path in STATIC.rglob("*.js")) < MOST_JAVASCRIPT


def test_sql_stands_in_the_queries_alone() -> None:
    for path in WEB.rglob("*.py"):
        if path.parent.name != "queries":
            texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
            found = [
                text for text in texts if isinstance(text, str) and re.search(r"\bSELECT\b|\bFROM\b\s+\w+\.", text)
            ]
            assert not found, path


def test_a_file_is_kept_as_long_as_its_content_is_what_the_page_names(client: Client) -> None:
    with client("VIEWER") as viewer:
        named = viewer.get(f"/ballpark/static/page.js?v={static_files.version('page.js')}")
        assert "immutable" in named.headers["Cache-Control"]
        unnamed = viewer.get("/ballpark/static/page.js")
        assert unnamed.headers["Cache-Control"] == "private, no-cache"
        again = viewer.get("/ballpark/static/page.js", headers={"If-None-Match": unnamed.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "/etc/passwd", "%2e%2e/%2e%2e/settings.py", "vendor", ""])
def test_nothing_but_the_pages_files_is_given(client: Client, name: str) -> None:
    with client("ADMIN") as admin:
        assert admin.get(f"/ballpark/static/{name}").status_code == 404


def test_all_that_templates_name_is_there() -> None:
    for template in (WEB / "templates").rglob("*.html"):
        for name in re.findall(r"static\('([^']+)'\)", template.read_text()):
            assert (STATIC / name).is_file(), (template, name)
    assert Path(STATIC / "icon-dark.svg").is_file()
