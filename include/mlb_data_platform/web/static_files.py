"""The page's own files (scripts, styles, pictures), behind its login like all else, and kept by browsers by content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import FileResponse, Response

STATIC = Path(__file__).parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_A_YEAR = "private, max-age=31536000, immutable"

router = APIRouter()


@cache
def version(name: str) -> str:
    """Return what tells this content of a file from any other: it stands in the address by which pages name it."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:16]


@cache
def _names() -> frozenset[str]:
    found = (path for path in STATIC.rglob("*") if path.suffix in _TYPES)
    return frozenset(path.relative_to(STATIC).as_posix() for path in found)


@router.api_route("/static/{name:path}", methods=["GET", "HEAD"])
def static_file(name: str, request: Request, v: str = "") -> Response:
    """Return a file of the page; nothing else, whatever the path says."""
    if name not in _names():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such file.")
    tag = f'"{version(name)}"'
    headers = {"ETag": tag, "Cache-Control": _A_YEAR if v == version(name) else "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return FileResponse(STATIC / name, media_type=_TYPES[Path(name).suffix], headers=headers)
