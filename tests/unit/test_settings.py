"""Settings that do not fit are named, before anything is done with them."""

from __future__ import annotations

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import Settings, from_environment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("MLB_REQUESTS_PER_SECOND", value) for value in ("many", "0", "-1", "nan", "inf")),
        *(("MLB_CLOCK_SPEED", value) for value in ("0", "-1", "nan", "inf")),
        *(("MLB_PUSH_URL", value) for value in ("host", "https://host", "wss://host/path")),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInputError, match=f"^settings: {name}: "):
        from_environment(Settings)
