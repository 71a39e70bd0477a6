"""The push channel's address, which a person types."""

from __future__ import annotations

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.live.push import PushChannel
from mlb_data_platform.mapping.load import load_mapping


@pytest.mark.parametrize(
    "url", ["ws://host:99999/push", "ws://host:port/push", "ws://[host/push", "ws://user@host/push"]
)
def test_an_address_that_is_none_is_bad_input(url: str) -> None:
    patches = load_mapping("game.live_game_v1").patches
    assert patches is not None
    assert patches.push is not None
    with pytest.raises(BadInputError, match="MLB_PUSH_URL: "):
        PushChannel(url, patches.push, lambda: None, print)
