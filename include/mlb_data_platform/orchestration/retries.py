"""How a failed task is tried again: how often and when, and after which errors it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowTaskTimeout, TaskDeferralTimeout

from mlb_data_platform.errors import BadInputError

_BAD_INPUT = RetryRule(BadInputError, RetryAction.FAIL, reason="bad input or data: a retry is useless")
_TIMEOUT = RetryRule(
    [AirflowTaskTimeout, TaskDeferralTimeout], RetryAction.FAIL, reason="it had all its time: it is not given it again"
)


def retry_arguments(retries: int, first_delay_seconds: int, *, timeout_is_final: bool = False) -> dict[str, Any]:
    """Return what an operator takes to try again, each time after about twice as long, at most a quarter of an hour.

    What is away for a moment is back by the second try; what is down for an hour is not asked without a pause. What
    took its whole timeout once, a connection that hangs, may be quick the next time: not so where that are hours.
    """
    return {
        "retries": retries,
        "retry_delay": timedelta(seconds=first_delay_seconds),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=15),
        "retry_policy": ExceptionRetryPolicy([_BAD_INPUT, _TIMEOUT] if timeout_is_final else [_BAD_INPUT]),
    }
