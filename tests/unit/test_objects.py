"""The Avro container of a response: exact bytes, provenance, and damage noticed."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import fastavro
import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.capture import Capture
from mlb_data_platform.storage.objects import ObjectStore, decode, encode

MAPPING = Mapping.model_validate(
    {
        "endpoint": "schedule",
        "method": "schedule",
        "schema_version": 3,
        "description": "For this test.",
        "request": {"path": "/api/v1/schedule"},
        "natural_key": {
            "sport_id": {"type": "bigint", "parameter": "sportId"},
            "team_id": {"type": "text", "parameter": "teamId"},
        },
        "version_table": "things",
        "tables": {"things": {"description": "None.", "rows": "$", "columns": {}}},
    }
)
BODY = b'{"a": "\xc3\xa9\\u0000"}\n'


def _capture(**changes: Any) -> Capture:
    values = {
        "mapping": MAPPING,
        "parameters": {"sportId": 1, "date": "2026-04-19"},
        "source_url": "http://api/api/v1/schedule?sportId=1&date=2026-04-19",
        "status_code": 200,
        "captured_at": datetime(2026, 4, 20, 10, 0, 0, 123456, tzinfo=UTC),
        "body": BODY,
        **changes,
    }
    return Capture(**values)


def test_the_container_gives_the_exact_bytes_back_with_their_provenance() -> None:
    capture = _capture()
    container = encode(capture)
    assert decode(capture.object_key, container) == BODY
    (record,) = fastavro.reader(io.BytesIO(container))
    assert isinstance(record, dict)
    assert record.pop("request_params") == json.dumps(capture.parameters)
    assert record == {
        "endpoint": "schedule",
        "method": "schedule",
        "schema_version": 3,
        "natural_key": {"sport_id": "1", "team_id": None},
        "captured_at": capture.captured_at,
        "source_url": capture.source_url,
        "status_code": 200,
        "content_sha256": capture.content_sha256,
        "body": BODY,
    }


def test_the_key_names_endpoint_utc_day_and_content() -> None:
    late_evening = datetime(2026, 4, 19, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    capture = _capture(captured_at=late_evening)
    assert capture.object_key == f"raw/schedule/schedule/date=2026-04-20/{capture.content_sha256}.avro"


def test_damage_is_noticed() -> None:
    other = encode(_capture(body=b"{}"))
    with pytest.raises(BadInputError, match="damaged: the hash of its bytes is"):
        decode(_capture().object_key, other)


def test_a_natural_key_that_must_be_a_number_is_one() -> None:
    with pytest.raises(BadInputError, match="sportId must be a number, not 'one'"):
        _ = _capture(parameters={"sportId": "one"}).natural_key


def test_an_endpoint_that_is_none_is_named() -> None:
    with pytest.raises(BadInputError, match="MINIO_ENDPOINT must be like host:port"):
        ObjectStore(Settings(minio_endpoint="http://host:9000/path"))
