"""The object store: what its settings must be."""

from __future__ import annotations

import pytest

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.objects import ObjectStore


def test_an_endpoint_that_is_none_is_named() -> None:
    with pytest.raises(BadInputError, match="MINIO_ENDPOINT must be like host:port"):
        ObjectStore(Settings(minio_endpoint="http://host:9000/path"))
