"""What a follower asks the Stats API: the whole document, what changed since a revision, which revisions there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlb_data_platform.documents.document import Json, value_at
from mlb_data_platform.documents.patch import changes_nothing
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.ingest.requests import ApiRequest
from mlb_data_platform.ingest.validate import check_document, parse
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.raw_endpoint import PatchEndpoint, Request
from mlb_data_platform.statsapi.catalogue import endpoint
from mlb_data_platform.statsapi.client import Response, StatsApiClient
from mlb_data_platform.storage.capture import Capture, Parameters


@dataclass(frozen=True)
class Answer:
    """A whole document, or a patch (`content` is a list)."""

    capture: Capture
    content: Any


class DocumentClient:
    """Asks about one document, which `parameters` name."""

    def __init__(
        self, client: StatsApiClient, mapping: Mapping, patch_endpoint: PatchEndpoint, parameters: Parameters
    ) -> None:
        self._client = client
        self._mapping = mapping
        self._patch_endpoint = patch_endpoint
        self._patches = patch_endpoint.patches
        self._parameters = parameters
        self._request = ApiRequest(mapping, parameters, _target(mapping.request, parameters))

    def whole(self) -> Answer:
        """Return the whole document. Raises TransientError and BadInputError."""
        return self._answer(
            self._parameters, self._request.target, lambda response: self._check(response, parse(response))
        )

    def changes(self, revision: str, update: str | None = None, *, then_revisions: bool = True) -> Answer:
        """Return what changed since a revision, of which a message with the id `update` told.

        That is a list, or what `changes_nothing`, or the whole document. `then_revisions` says that the list of
        revisions will be asked for next. Raises TransientError and BadInputError.
        """
        parameters = {**self._parameters, self._patches.start: revision}
        if self._patches.push and update:
            parameters[self._patches.push.parameter] = update

        def check(response: Response) -> None:
            content = parse(response)
            if not (isinstance(content, list) or changes_nothing(content)):
                self._check(response, content)

        if self._patches.revisions and then_revisions:
            self._client.take_turns(2)  # what came does not wait until it may be asked whether it is all
        return self._answer(parameters, _target(self._patches.request, parameters), check)

    def revisions(self) -> list[str] | None:
        """Return all revisions that the API lists; None where it has no such list. Raises TransientError."""
        if self._patches.revisions is None:
            return None
        try:
            target = _target(self._patches.revisions, self._parameters)
            content = parse(self._client.get(target, lambda response: parse(response)))
        except BadInputError:
            return None
        is_list = isinstance(content, list) and all(isinstance(each, str) for each in content)
        return content if is_list else None

    def _answer(self, parameters: Parameters, target: str, check: Callable[[Response], None]) -> Answer:
        response = self._client.get(target, check)
        content = parse(response)
        kept_as = self._patch_endpoint if isinstance(content, list) else self._mapping
        return Answer(
            Capture(kept_as, parameters, response.url, response.status_code, response.captured_at, response.body),
            content,
        )

    def revision_of(self, document: Json) -> str:
        """Return the revision that a checked document names."""
        return str(value_at(document, self._patches.revision))

    def _check(self, response: Response, content: Any) -> None:
        document = check_document(self._request, response, content)
        if not isinstance(value_at(document, self._patches.revision), str):
            raise BadInputError(response.error(f"{self._patches.revision} is missing, which names its revision"))


def _target(request: Request, parameters: Parameters) -> str:
    return endpoint(request, parameters, parameters).target(parameters)
