"""What became of a batch is told of each capture by itself: one that cannot be read is no error of its neighbours."""

from __future__ import annotations

from datetime import UTC, datetime

from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef
from mlb_data_platform.transform.outcome import TransformOutcome

AT = datetime(2026, 7, 1, tzinfo=UTC)


def ref(raw_id: int, *earlier: CaptureRef) -> CaptureRef:
    return CaptureRef(raw_id, AT, AT, AT, natural_key=f'{{"game_pk": {raw_id}}}', earlier=earlier)


def test_why_a_capture_is_not_applied() -> None:
    outcome = TransformOutcome(
        rejections=[Rejection(1, AT, "its object is gone", is_lost=True), Rejection(4, AT, "it breaks a rule")],
        left_alone={'{"game_pk": 3}': "the raw tier lacks row 7"},
    )
    told = {number: [str(error) for error in outcome.of(ref(number)).not_applied] for number in (1, 2, 3, 4)}
    assert told == {
        1: ["raw row 1 cannot be read: its object is gone"],
        2: [],
        3: ["the raw tier lacks row 7"],
        4: [],  # that it is refused, the tables tell
    }
    assert [str(error) for error in outcome.of(ref(9, ref(1))).not_applied] == told[1]
