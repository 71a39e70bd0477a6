"""The API's own error bodies."""

from __future__ import annotations

from http import HTTPStatus


class ApiError(Exception):
    """What the API says instead of an answer: a status and `{"messageNumber": …, "message": …}`."""

    def __init__(self, status: int, number: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.number = number

    @property
    def body(self) -> dict[str, int | str]:
        """The body as JSON."""
        return {"messageNumber": self.number, "message": str(self)}


class NoEndpoint(Exception):
    """A path that could be no endpoint: no body of the API's, but a page of its web server."""


def no_such_game() -> ApiError:
    """An unknown gamePk."""
    return ApiError(HTTPStatus.NOT_FOUND, 2, "Game data couldn't be found")


def not_found() -> ApiError:
    """A path, or the id in it, that stands for nothing."""
    return ApiError(HTTPStatus.NOT_FOUND, 10, "Object not found")


def bad_parameter(name: str, value: str, example: str) -> ApiError:
    """A parameter that cannot be read."""
    return ApiError(HTTPStatus.BAD_REQUEST, 11, f"{name}: '{value}' cannot be read; write it like {example}")
