"""The typed form of `include/notifiers.yaml`: whom a job can tell that a run failed or is late, by name."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from mlb_data_platform.errors import nearest
from mlb_data_platform.settings import NOTIFIERS_FILE
from mlb_data_platform.yaml_models import StrictModel, load_yaml

_SECRETS = ("password", "secret", "token")


def _not_secret(arguments: dict[str, Any]) -> dict[str, Any]:
    for name in arguments:
        if any(word in name for word in _SECRETS):
            raise ValueError(f"'{name}' belongs into the Airflow connection: no secret stands in a YAML")
    return arguments


class Notifier(StrictModel):
    """A notifier of Airflow, and the connection by which it reaches people."""

    model_config = ConfigDict(populate_by_name=True)

    path: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")] = Field(
        alias="class", description="Of a provider, or of ours: a subclass of airflow.sdk.BaseNotifier."
    )
    connection: dict[str, str] = Field(
        min_length=1, max_length=1, description="The id of the Airflow connection, by the argument that takes it."
    )
    arguments: Annotated[dict[str, Any], AfterValidator(_not_secret)] = Field(
        {}, description="What else the class takes; texts are Jinja templates."
    )

    @property
    def conn_id(self) -> str:
        """The id of its Airflow connection."""
        return next(iter(self.connection.values()))


class Notifiers(StrictModel):
    """All notifiers, by name."""

    notifiers: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Notifier]


@cache
def notifiers() -> dict[str, Notifier]:
    """Return all notifiers by name. Raises YamlProblems (file, line, key, nearest) where their YAML does not fit."""
    return load_yaml(NOTIFIERS_FILE, Notifiers).notifiers


def _known(name: str) -> str:
    if name not in notifiers():
        known = list(notifiers())
        raise ValueError(f"there is no notifier '{name}' in {NOTIFIERS_FILE.name}{nearest(name, known)}")
    return name


NotifierName = Annotated[str, AfterValidator(_known)]
