"""What Airflow must load to understand the platform's DAGs and to keep to its terms."""

from airflow.plugins_manager import AirflowPlugin

from mlb_data_platform.orchestration.backfill_terms import BackfillTerms
from mlb_data_platform.orchestration.timetable import BaseballDateTimetable


class MlbPlugin(AirflowPlugin):
    """The timetable of the DAGs, and the guard of the API server."""

    name = "mlb"
    timetables = [BaseballDateTimetable]
    fastapi_root_middlewares = [{"name": "terms of bulk backfills", "middleware": BackfillTerms}]
