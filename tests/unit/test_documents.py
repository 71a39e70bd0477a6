"""Documents without a raw tier: what is the same, what a patch makes of one, and which captures one is made of."""

from __future__ import annotations

import json
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.histories import REVISION, Json, answer, histories

from mlb_data_platform.documents.chain import Base, Chains, Link
from mlb_data_platform.documents.document import canonical_sha256, read
from mlb_data_platform.documents.patch import MisfitError, patched
from mlb_data_platform.errors import BadInputError

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 2)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("/01~-", max_size=3),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text("ab", max_size=2), children, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 319.0}, {"a": 319}),
        ({"a": [1.0, -0.0, 1e22]}, {"a": [1, 0, 10**22]}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}),
        ({"copyright": "MLB", "a": 1}, {"a": 1}),
    ],
)
def test_equal_documents_have_one_hash(one: Json, other: Json) -> None:
    assert canonical_sha256(one) == canonical_sha256(other)
    assert canonical_sha256(read(json.dumps(one).encode())) == canonical_sha256(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.5}),
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": "5.0,"}, {"a": "5,"}),
        ({"a": "[5.0]"}, {"a": "[5]"}),
        ({"a": {"copyright": 1}}, {"a": {}}),
    ],
)
def test_other_documents_have_another(one: Json, other: Json) -> None:
    assert canonical_sha256(one) != canonical_sha256(other)


@pytest.mark.unmeasured
@given(st.dictionaries(st.text(max_size=2), ANYTHING, max_size=4))
def test_the_hash_is_that_of_the_value_however_it_was_read(document: Json) -> None:
    text = json.dumps(document).encode()
    assert canonical_sha256(read(text)) == canonical_sha256(document) == canonical_sha256(json.loads(text))
    assert read(text) == document


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": 1e400}', b"\xff", b"[" * 100_000], ids=range(5))
def test_what_is_no_json_is_told(text: bytes) -> None:
    with pytest.raises(BadInputError, match="JSON"):
        read(text)


@given(histories())
def test_a_patch_leads_from_state_to_state(states: list[Json]) -> None:
    for old, new in pairwise(states):
        assert patched(deepcopy(old), answer([old, new]), REVISION) == new
    result = patched(deepcopy(states[0]), answer(states), REVISION)
    assert canonical_sha256(result) == canonical_sha256(states[-1])


@given(histories(), st.data())
def test_envelopes_that_are_doubled_or_out_of_order_are_refused(states: list[Json], data: st.DataObject) -> None:
    right = answer(states)
    if len(right) > 1 and data.draw(st.booleans()):
        wrong = data.draw(st.permutations(right).filter(lambda drawn: drawn != right))
    else:
        wrong = list(right)
        wrong.insert(data.draw(st.integers(0, len(right))), data.draw(st.sampled_from(right)))
    with pytest.raises(MisfitError, match="envelope"):
        patched(deepcopy(states[0]), wrong, REVISION)


@given(histories(), st.data())
def test_an_envelope_that_is_lost_shows_in_the_hash(states: list[Json], data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, len(states) - 2))
    envelopes = answer(states)
    del envelopes[lost]
    try:
        result = patched(deepcopy(states[0]), envelopes, REVISION)
    except MisfitError:
        return
    same = result == states[-1]
    assert (canonical_sha256(result) == canonical_sha256(states[-1])) == same


@given(histories(), st.integers(0, 5), st.integers(0, 20))
def test_an_envelope_is_applied_as_a_whole_or_not_at_all(states: list[Json], spoiled: int, place: int) -> None:
    envelopes = answer(states)
    spoiled %= len(envelopes)
    operations = envelopes[spoiled]["diff"]
    operations.insert(place % (len(operations) + 1), {"op": "remove", "path": "/nothing/of/the/kind"})
    document = deepcopy(states[0])
    with pytest.raises(MisfitError, match=f"envelope {spoiled + 1} of {len(envelopes)} does not fit"):
        patched(document, envelopes, REVISION)
    assert document == states[spoiled]


@given(ANYTHING, histories(most=2))
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: [{"diff": x}], lambda x: [{"diff": [x]}]])
def test_an_answer_that_is_no_patch_is_a_misfit(wrap: Any, anything: Any, states: list[Json]) -> None:
    if wrap(anything) == []:
        return  # nothing new
    with pytest.raises(MisfitError):
        patched(deepcopy(states[0]), wrap(anything), REVISION)


@given(
    st.dictionaries(
        st.sampled_from(["op", "path", "from", "value"]),
        st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "", "/", "/plays/-", "/plays/0", "/~2"])
        | ANYTHING,
    ),
    histories(most=2),
)
def test_an_operation_of_any_shape_fits_or_is_a_misfit(operation: Json, states: list[Json]) -> None:
    wanted = {"op": "replace", "path": "/metaData/timeStamp", "value": "29990101_000000"}
    with suppress(MisfitError):
        assert isinstance(patched(deepcopy(states[0]), [{"diff": [operation, wanted]}], REVISION), dict)


# ---- which captures a document is made of ----------------------------------------------------------------------------


def _whole(raw_id: int, minute: int) -> Link:
    moment = datetime(2026, 7, 2, tzinfo=UTC) + timedelta(minutes=minute)
    return Link(raw_id, moment, moment)


def _patch(raw_id: int, minute: int, old: str, new: str) -> Link:
    moment = datetime(2026, 7, 2, tzinfo=UTC) + timedelta(minutes=minute)
    return Link(raw_id, moment, moment, Base(old, None), new)


def _chain(links: list[Link], target: Link, **wholes: int) -> list[int]:
    """The raw ids of the chain of `target`; `wholes` are raw ids of whole documents by the hash of the document."""
    chains = Chains(links, lambda link, base: wholes.get(base.sha256 or "") == link.raw_id)
    return [link.raw_id for link in chains.of(target)]


def test_of_several_bases_one_that_leads_to_a_document_is_taken() -> None:
    """Two programs follow a game, and the one whose patch came last has lost what its own is a patch of."""
    target = _patch(5, 4, "c", "d")
    links = [target, _patch(4, 3, "lost", "c"), _patch(3, 2, "b", "c"), _patch(2, 1, "a", "b"), _whole(1, 0)]
    assert _chain(links, target, a=1) == [1, 2, 3, 5]


@pytest.mark.parametrize("patch_first", [True, False])
def test_a_base_may_have_been_captured_at_the_same_moment(patch_first: bool) -> None:
    whole, patch, target = _whole(1, 0), _patch(2, 0, "a", "b"), _patch(3, 0, "b", "c")
    links = [target, patch, whole] if patch_first else [whole, patch, target]
    assert _chain(links, target, a=1) == [1, 2, 3]


def test_patches_of_one_another_lead_nowhere() -> None:
    one, other = _patch(1, 0, "a", "b"), _patch(2, 0, "b", "a")
    with pytest.raises(MisfitError, match="is a patch of a document"):
        _chain([one, other], one)


def test_a_patch_that_names_no_base_is_told() -> None:
    moment = datetime(2026, 7, 2, tzinfo=UTC)
    target = Link(7, moment, moment, Base(None, None))
    with pytest.raises(MisfitError, match="raw row 7 is a patch and names no base: neither base_sha256 nor start_time"):
        _chain([target], target)


@pytest.mark.unmeasured
def test_a_long_broken_chain_is_looked_through_once() -> None:
    patches = [_patch(number, number, f"{number - 1}", f"{number}") for number in range(1, 2001)][::-1]
    asked: list[int] = []
    chains = Chains([*patches, _whole(0, -1)], lambda link, base: bool(asked.append(link.raw_id)))
    for patch in patches:
        with pytest.raises(MisfitError, match="raw row 1 is a patch of a document"):
            chains.of(patch)
    assert len(asked) <= 2 * len(patches)
