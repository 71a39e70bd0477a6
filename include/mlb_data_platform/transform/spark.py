"""`mlb-etl transform --engine spark`: stage, audit and publish as the steps of one Spark program.

Spark spreads the batches over executors; each reads its raw rows from PostgreSQL, flattens them with the one flatten
function and copies them into staged tables of its own. Deequ audits all of them together, then the batches are
published, spread again. Only names, counts and errors travel through the driver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import psycopg
from psycopg import Connection

from mlb_data_platform.errors import BadInputError, PlatformError, TransientError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.quality.deequ_audit import audit
from mlb_data_platform.quality.results import Result, refused_units
from mlb_data_platform.storage.database import connect
from mlb_data_platform.storage.publish import Publisher, Unit
from mlb_data_platform.storage.staging import Rows
from mlb_data_platform.transform.apply import Outcome, flatten_all, refusal_error, rejection
from mlb_data_platform.transform.flatten import Capture
from mlb_data_platform.transform.run import BATCH
from mlb_data_platform.transform.select import CaptureRef, load, single_units
from mlb_data_platform.transform.spark_frames import staged_rows
from mlb_data_platform.transform.spark_session import spark_session
from mlb_data_platform.transform.staged_run import StagedRun, staged_run

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

BATCHES_PER_CORE = 8  # staged together: enough that an audit's fixed cost is small, few enough to fit the disk

Item = TypeVar("Item")
Answer = TypeVar("Answer")
