"""PostgreSQL, Redis and S3 for one machine: from PyPI wheels, on loopback, under one state folder."""

from mlb_data_platform.services.environment import environment
from mlb_data_platform.services.stack import Status, down, serve_recordings, status, up

__all__ = ["Status", "down", "environment", "serve_recordings", "status", "up"]
