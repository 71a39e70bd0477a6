"""What Airflow must load to understand the platform's DAGs and to keep to its terms."""

from airflow.plugins_manager import AirflowPlugin

from mlb_data_platform.orchestration.timetable import BaseballDateTimetable


class MlbPlugin(AirflowPlugin):
    """The platform's timetable."""

    name = "mlb"
    timetables = [BaseballDateTimetable]
