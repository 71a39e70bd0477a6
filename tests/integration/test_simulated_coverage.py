"""Simulated responses have the leaf paths of recorded ones, but for differences that a committed file explains."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mlb_data_platform.cli.schema import app

pytestmark = pytest.mark.unmeasured


@pytest.mark.recordings
@pytest.mark.slow
def test_every_difference_is_explained(recordings_folder: Path) -> None:
    result = CliRunner().invoke(app, ["coverage", str(recordings_folder), "--simulated", "7"])
    assert result.exit_code == 0, result.stdout
