"""The archive's records: exact bytes and provenance under keys that are never given twice; damage noticed."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import fastavro
import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.archive_records import RAW_SCHEMA, Kind, decode, encode, encode_all, parsed
from mlb_data_platform.storage.capture import Capture

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


def _sighting(minutes: int, **changes: Any) -> dict[str, Any]:
    stored = _capture()
    seen = _capture(captured_at=stored.captured_at + timedelta(minutes=minutes), **changes)
    return {**seen.provenance, "stored_at": stored.captured_at}


def test_the_container_gives_the_exact_bytes_back_with_their_provenance() -> None:
    capture = _capture()
    container = encode(capture)
    (record,) = fastavro.reader(io.BytesIO(container))
    assert decode(capture.object_key, container) == [record]
    assert isinstance(record, dict)
    assert record == {
        "endpoint": "schedule",
        "method": "schedule",
        "schema_version": 3,
        "natural_key": {"sport_id": "1", "team_id": None},
        "captured_at": capture.captured_at,
        "source_url": capture.source_url,
        "request_params": json.dumps(capture.parameters),
        "status_code": 200,
        "content_sha256": capture.content_sha256,
        "body": BODY,
        "data": None,
        "further": {},
        "stored_at": None,
    }


def test_the_key_names_endpoint_utc_moment_and_content() -> None:
    late_evening = datetime(2026, 4, 19, 22, 0, tzinfo=timezone(timedelta(hours=-5)))
    capture = _capture(captured_at=late_evening)
    assert capture.object_key.startswith(
        f"raw/schedule/schedule/date=2026-04-20/030000.000000-{capture.content_sha256}-"
    )
    assert parsed(capture.object_key) == (Kind.CAPTURE, date(2026, 4, 20))


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"sportId": 1, "date": "2026-04-20"}},
        {"parameters": {"sportId": 1, "date": "2026-04-19", "fields": "dates"}},
        {"captured_at": datetime(2026, 4, 20, 10, 0, 0, 123457, tzinfo=UTC)},
        {"source_url": "http://other/api/v1/schedule?sportId=1&date=2026-04-19"},
        {"body": b"{}"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_two_captures_have_one_key(change: dict[str, Any]) -> None:
    assert _capture(**change).object_key != _capture().object_key


def test_the_same_capture_is_the_same_object() -> None:
    assert _capture().object_key == _capture().object_key
    assert encode(_capture()) == encode(_capture())


def _together(records: list[dict[str, Any]]) -> tuple[str, bytes]:
    encoded = encode_all(Kind.SIGHTINGS, iter(records))
    assert encoded is not None
    return encoded


def test_records_archived_together_are_given_back() -> None:
    records = [_sighting(minutes) for minutes in range(3)]
    key, container = _together(records)
    assert parsed(key) == (Kind.SIGHTINGS, date(2026, 4, 20))
    assert key.startswith("raw/schedule/schedule/date=2026-04-20/100000.123456-sightings-")
    rest = {"body": None, "data": None, "further": {}}
    assert decode(key, container) == [{**record, **rest} for record in records]
    assert _together(records)[0] != key  # nothing is ever replaced, not even by the same


def test_a_sighting_among_many_takes_few_bytes() -> None:
    hashes = [{"body": str(number).encode(), "parameters": {"sportId": 1, "date": number}} for number in range(1000)]
    _, container = _together([_sighting(number, **each) for number, each in enumerate(hashes)])
    assert len(container) / 1000 < 100


def test_an_object_of_an_earlier_version_is_read() -> None:
    capture = _capture()
    fields = [{**field, "type": _required(field["type"])} for field in RAW_SCHEMA["fields"][:10]]
    for field in fields:
        field.pop("default", None)
    container = io.BytesIO()
    fastavro.writer(
        container, {**RAW_SCHEMA, "fields": fields}, [{**capture.provenance, "body": BODY}], codec="deflate"
    )
    key = f"raw/schedule/schedule/date=2026-04-20/{capture.content_sha256}.avro"
    assert parsed(key) == (Kind.CAPTURE, date(2026, 4, 20))
    assert decode(key, container.getvalue()) == decode(capture.object_key, encode(capture))


def _required(kind: Any) -> Any:
    return kind[1] if isinstance(kind, list) else kind


@pytest.mark.parametrize(
    "key",
    [
        "raw/schedule/schedule/notes.txt",
        "raw/schedule/schedule/date=2026-04-20/notes.avro",
        *(
            f"raw/schedule/schedule/date={day}/{sha256(b'').hexdigest()}.avro"
            for day in ("2026-13-20", "0001-01-01", "1875-12-31", "9999-01-01")
        ),
    ],
)
def test_what_is_no_key_of_the_archive_is_named(key: str) -> None:
    with pytest.raises(BadInputError, match=key):
        parsed(key)


def test_other_content_is_damage() -> None:
    with pytest.raises(BadInputError, match="damaged: the hash of its bytes is"):
        decode(_capture().object_key, encode(_capture(body=b"{}")))


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("place", "other"), [("raw/schedule/schedule/", "raw/game/live_game_v1/"), ("date=2026-04-20", "date=2031-01-01")]
)
def test_an_intact_object_in_the_wrong_place_is_named(together: bool, place: str, other: str) -> None:
    key, container = _together([_sighting(1)]) if together else (_capture().object_key, encode(_capture()))
    moved = key.replace(place, other)
    assert moved != key
    with pytest.raises(BadInputError, match=f"{moved}.*wrong place.*raw/schedule/schedule/date=2026-04-20/"):
        decode(moved, container)


def test_other_provenance_is_damage() -> None:
    with pytest.raises(BadInputError, match="damaged: what it says of its bytes is not what was stored"):
        decode(_capture().object_key, encode(_capture(source_url="http://elsewhere")))


@pytest.mark.parametrize("together", [False, True])
def test_any_damage_is_noticed_or_does_not_matter(together: bool) -> None:
    capture = _capture(body=BODY * 50)
    key, container = (capture.object_key, encode(capture))
    if together:
        key, container = _together([_sighting(minutes) for minutes in range(20)])
    records = decode(key, container)
    chance = random.Random(1)
    broken = [container[:size] for size in range(0, len(container), 7)]
    for position in range(len(container)):
        changed = bytearray(container)
        changed[position] ^= 1 << chance.randrange(8)
        broken.append(bytes(changed))
    found = [_decoded(key, each) for each in broken]
    noticed = [each for each in found if isinstance(each, str)]
    assert all(each.startswith(f"{key}: damaged: ") and "\n" not in each for each in noticed)
    assert all(each == records for each in found if not isinstance(each, str))
    assert len(noticed) > len(broken) / 4


def _decoded(key: str, container: bytes) -> list[dict[str, Any]] | str:
    """The records, or the error's text."""
    try:
        return decode(key, container)
    except BadInputError as error:
        return str(error)


def test_a_natural_key_that_must_be_a_number_is_one() -> None:
    with pytest.raises(BadInputError, match="sportId must be a number, not 'one'"):
        _ = _capture(parameters={"sportId": "one"}).natural_key
