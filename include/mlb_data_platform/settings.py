"""The platform's settings: read from the environment, once, into one typed object (DESIGN section 4)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlb_data_platform.errors import BadInputError

Model = TypeVar("Model", bound=BaseSettings)

PROJECT_DIR = Path(__file__).resolve().parents[2]
DAGS_DIR = PROJECT_DIR / "dags"
MAPPINGS_DIR = PROJECT_DIR / "include" / "mappings"
NOTIFIERS_FILE = PROJECT_DIR / "include" / "notifiers.yaml"
SQL_DIR = PROJECT_DIR / "sql"
SPARK_JOBS_DIR = PROJECT_DIR / "spark_jobs"


class Settings(BaseSettings):
    """Every setting with its default; a field is the environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    postgres_host: str = "127.0.0.1"
    postgres_port: int = Field(5432, ge=1, le=65535)
    postgres_user: str = "mlb"
    postgres_password: SecretStr = SecretStr("")
    postgres_db: str = "mlb"

    minio_endpoint: str = "127.0.0.1:9000"
    minio_access_key: str = "mlb"
    minio_secret_key: SecretStr = SecretStr("")
    minio_secure: bool = False

    redis_host: str = "127.0.0.1"
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr = SecretStr("")
    redis_db: int = Field(0, ge=0)

    spark_master: str = "local[*]"
    spark_app_name: str = "mlb-data-platform"

    stub_mode: Literal["capture", "replay", "passthrough"] = "passthrough"
    recordings_out: Path = Field(
        Path(".local/recordings"), validation_alias=AliasChoices("PYMLB_STATSAPI__BASE_FILE_PATH")
    )

    mlb_statsapi_base_url: str = Field("https://statsapi.mlb.com", pattern=r"^https?://[^/]+$")
    mlb_recordings: Path | None = None
    mlb_runtime: Literal["process", "kubernetes"] = "process"
    mlb_state_dir: Path = Path(".local")
    mlb_requests_per_second: float = Field(4.0, gt=0, allow_inf_nan=False)
    mlb_clock_speed: float = Field(
        1.0, gt=0, allow_inf_nan=False, description="How many seconds of the API's clock pass in one."
    )
    mlb_push_url: str = Field("", pattern=r"^(wss?://[^/]+)?$", description="Of the push channel; none: polling.")
    mlb_corrections_per_day: int = Field(
        600, ge=0, description="How many final games are asked for again in any 24 hours, for what was corrected."
    )
    mlb_raw_months: int | None = Field(
        None, ge=1, le=1200, description="How many whole months raw rows keep their content; later the archive has it."
    )
    mlb_commit: str = Field(
        "", pattern="^([0-9a-f]{40})?$", description="Of which the image is that this runs in; none: a checkout."
    )
    mlb_simulator_seed: int | None = Field(
        None, description="Which league `make run` and `make up` invent; a state folder keeps the one it began with."
    )
    mlb_contact: str = Field("", description="Who runs this installation (an address), for the User-Agent.")

    def postgres_dsn(self) -> str:
        """Return the libpq connection string, password included: for drivers, never for logs."""
        from psycopg.conninfo import make_conninfo  # the settings are read by programs that need no database

        return make_conninfo(
            host=self.postgres_host,
            port=self.postgres_port,
            user=self.postgres_user,
            password=self.postgres_password.get_secret_value() or None,
            dbname=self.postgres_db,
        )


def from_environment(model: type[Model], what: str = "settings", **given: Any) -> Model:
    """Return `model` as the environment fills it, except for what is given by the names of its fields.

    Raises BadInputError naming each variable that does not fit.
    """
    try:
        return model(**given)
    except ValidationError as error:
        problems = "; ".join(
            f"{'__'.join(str(step) for step in detail['loc']).upper()}: {detail['msg']}" for detail in error.errors()
        )
        raise BadInputError(f"{what}: {problems}") from None


@cache
def settings() -> Settings:
    """Return the settings of this process. Raises BadInputError naming each variable that does not fit."""
    return from_environment(Settings)
