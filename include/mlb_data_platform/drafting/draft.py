"""The draft of an endpoint: its mapping, and the DAG that asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mlb_data_platform.drafting.job_text import STUB, job_text, known_items
from mlb_data_platform.drafting.request import draft_request
from mlb_data_platform.drafting.responses import DraftResponse
from mlb_data_platform.drafting.shape import shape_of
from mlb_data_platform.drafting.tables import Tables
from mlb_data_platform.drafting.text import mapping_text
from mlb_data_platform.errors import BadInputError
from mlb_data_platform.jobs.models import Job
from mlb_data_platform.mapping.models import Mapping

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def draft(
    name: str,
    responses: Sequence[DraftResponse],
    pruned: dict[str, str],
    mappings: Sequence[Mapping],
    jobs: Sequence[Job],
) -> dict[Path, str]:
    """Return the files of a new endpoint, by their path in the project: mapping, DAG and stub.

    `name` is ENDPOINT.METHOD; `pruned` are paths that nobody wants, with the reason; `mappings` and `jobs` are those
    that there are. Raises BadInputError where the name is none, or nothing says how the endpoint is asked for.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(f"'{name}' is not like person.person: an endpoint and a method in snake_case")
    endpoint, _, method = name.partition(".")
    request = draft_request(name, responses)
    documents = [response.document for response in responses]
    taken = {table for each in mappings if each.endpoint == endpoint for table in (each.method, *each.tables)}
    found = Tables(frozenset({method, *taken}), frozenset(key.path for key in request.keys if key.path), pruned)
    found.add_all(documents, shape_of(documents), method, request.asked)
    tables = {f"{each.endpoint}.{table}": each for each in mappings for table in each.tables}
    job = f"mlb_{method}" if method.startswith(endpoint) else f"mlb_{endpoint}_{method}"
    return {
        Path("include/mappings") / endpoint / f"{method}.yaml": mapping_text(
            name, request, found.tables, found.ignored, len(responses)
        ),
        Path("dags") / f"{job}.yaml": job_text(name, job, request, found.tables, known_items(jobs, tables)),
        Path("dags") / f"{job}.py": STUB.format(job=job),
    }
