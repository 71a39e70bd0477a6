"""An Airflow notifier that posts to an incoming webhook: of Slack, Mattermost, Rocket.Chat, Google Chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

from mlb_data_platform.errors import TransientError

if TYPE_CHECKING:
    from airflow.sdk import Connection, Context

_SECONDS = 10
_RETRIES = 2


class WebhookNotifier(BaseNotifier):
    """Posts `{"text": …}` to the address in an Airflow connection of type `http`.

    Its host is the part of the address that everybody may know (https://hooks.slack.com/services), its password the
    rest of it, which Airflow masks.
    """

    template_fields = ("text",)

    def __init__(self, *, webhook_conn_id: str, text: str = "{{ message.text }}") -> None:
        super().__init__()
        self.webhook_conn_id = webhook_conn_id
        self.text = text

    def notify(self, context: Context) -> None:
        """Post the text. Raises TransientError, which does not tell the password, where that is not taken."""
        import httpx
        from airflow.sdk import Connection

        connection: Connection = Connection.get(self.webhook_conn_id)
        where = f"webhook {connection.host} (connection {self.webhook_conn_id})"
        with httpx.Client(timeout=_SECONDS, transport=httpx.HTTPTransport(retries=_RETRIES)) as client:
            try:
                answer = client.post(_address(connection), json={"text": self.text})
            except (httpx.RequestError, httpx.InvalidURL) as error:
                raise TransientError(f"{where}: {type(error).__name__}") from None  # its words have the whole address
        if not answer.is_success:
            raise TransientError(f"{where}: {answer.status_code} {answer.reason_phrase}")


def _address(connection: Connection) -> str:
    host = connection.host if "://" in (connection.host or "") else f"https://{connection.host}"
    port = f":{connection.port}" if connection.port else ""
    return f"{host}{port}" + (f"/{connection.password}" if connection.password else "")
