"""Whether an answer is what was asked for. What fails here never becomes a raw row (DESIGN section 5)."""

from __future__ import annotations

from typing import Any

import msgspec

from mlb_data_platform.errors import BadInputError, TransientError
from mlb_data_platform.ingest.requests import ApiRequest
from mlb_data_platform.mapping.acceptance import Acceptance
from mlb_data_platform.mapping.paths import Path, values
from mlb_data_platform.statsapi.client import MixedUpError, OldAnswerError, Response
from mlb_data_platform.storage.capture import natural_key

_ERROR_BODY = {"messageNumber", "message"}
_INTERNAL_ERROR = 1


def validate(request: ApiRequest, response: Response) -> None:
    """Check the body of an answer with status 200, in one parse. Raises what `parse` and `check_document` raise."""
    check_document(request, response, parse(response))


def check_document(request: ApiRequest, response: Response, document: Any) -> Any:
    """Return the parsed body of `response` if it is what was asked for.

    Raises TransientError for the API's own "Internal error occurred", which another request may cure, OldAnswerError
    for an answer from before the end of something that is over (a stale cache). Raises BadInputError for what it will
    not: any other error body ("Game data couldn't be found"), JSON that is no object (no array, where
    the mapping reads one), a missing path of `require`, or not the season that was expected; MixedUpError for an answer
    about something else than was asked for (another `gamePk`).
    """
    if isinstance(document, dict) and set(document) >= _ERROR_BODY:
        message = f"the API says '{document['message']}'"
        kind = TransientError if document["messageNumber"] == _INTERNAL_ERROR else BadInputError
        raise kind(response.error(message))
    if not isinstance(document, list if request.mapping.answers_array else dict):
        kind_of_root = "an array" if request.mapping.answers_array else "an object"
        raise BadInputError(response.error(f"JSON, but not {kind_of_root}"))
    acceptance = Acceptance(request.mapping)
    if missing := acceptance.missing(document):
        raise BadInputError(response.error(f"{missing} is missing, which {request.mapping.name} requires"))
    if stranger := acceptance.stranger(document, natural_key(request.mapping, request.parameters)):
        asked = f"{stranger.key.parameter} {stranger.asked}"
        raise MixedUpError(response.error(f"asked for {asked}, but {stranger.key.path} is {stranger.found}"))
    if request.expects:
        path, expected = request.expects
        if expected not in map(str, values(document, path.steps)):
            raise BadInputError(response.error(f"no {path} is {expected}"))
    if request.is_over and request.settled and request.settled.objects:
        objects = list(values(document, Path.parse(request.settled.objects).steps))
        if not request.settled.holds(objects):
            reason = f"an old answer: {request.settled.path} is not yet {' or '.join(request.settled.values)}"
            raise OldAnswerError(response.error(reason), response)
    return document


def parse(response: Response) -> Any:
    """Return the body of an answer as parsed JSON.

    Raises TransientError for what another request may cure, an HTML page or a body cut short; BadInputError for JSON
    that is nested too deep.
    """
    if response.body.lstrip().startswith(b"<"):
        raise TransientError(response.error("a page (HTML) instead of JSON"))
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = f"{len(response.body)} bytes that are no JSON, or cut short: {error}"
        raise TransientError(response.error(reason)) from None
    except RecursionError:
        raise BadInputError(response.error("JSON that is nested deeper than anything of the API")) from None
