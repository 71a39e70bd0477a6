"""What has become of captures, whoever applied them."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.quality.results import Result, combined
from mlb_data_platform.storage.stored_body import LostContentError
from mlb_data_platform.storage.verdicts import Rejection
from mlb_data_platform.transform.captures import CaptureRef


@dataclass
class TransformOutcome:
    """What has become of some captures: the raw rows in place, why the others are not, what the audit found.

    `left_alone` are the units (natural keys as JSON) that stay as they are, each with the reason.
    """

    in_place: set[int] = field(default_factory=set)
    rows: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_alone: dict[str, str] = field(default_factory=dict)

    @property
    def not_applied(self) -> list[BadInputError]:
        """Why units were left alone, and which captures cannot be read: what no later look at the tables tells."""
        lost = [str(each) for each in self.rejections if each.is_lost]
        return [LostContentError(text) for text in dict.fromkeys([*self.left_alone.values(), *lost])]

    def of(self, ref: CaptureRef) -> TransformOutcome:
        """Return what of this is about one capture, and those that were applied with it: why it is not applied."""
        raw_ids = {each.raw_id for each in (*ref.earlier, ref)}
        left_alone = {key: reason for key, reason in self.left_alone.items() if key == ref.natural_key}
        return TransformOutcome(
            rejections=[each for each in self.rejections if each.raw_id in raw_ids], left_alone=left_alone
        )

    def update(self, other: TransformOutcome) -> None:
        """Add the outcome of other captures."""
        self.in_place |= other.in_place
        self.rows += other.rows
        self.rejections += other.rejections
        self.results = combined([*self.results, *other.results])
        self.notes += other.notes
        self.left_alone |= other.left_alone
