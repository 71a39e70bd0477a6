"""What a rebuild from the archive does around the tables: rows before them, so that they come first, contents after."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.settings import Settings
from mlb_data_platform.storage.executions import Execution
from mlb_data_platform.storage.objects import ObjectStore
from mlb_data_platform.storage.restore import restore

Progress = Callable[[int, int], None]


def restore_rows(mappings: Sequence[Mapping], settings: Settings, progress: Progress) -> None:
    """Give the raw tier the rows that it lacks of these endpoints (none given: of all), most without their content.

    What is wrong with objects, `restore_contents` says. Raises PlatformError where nothing can be restored.
    """
    restore(_names(mappings, settings), settings, Execution(), progress, contents=False)


def restore_contents(mappings: Sequence[Mapping], settings: Settings, execution: Execution, progress: Progress) -> bool:
    """Give all rows of these endpoints that shall have it their content; return whether there are more rows now.

    What is wrong with objects is added to the errors of `execution`.
    """
    part = Execution(execution.run_id)
    added = restore(_names(mappings, settings), settings, part, progress)
    execution.errors += part.errors
    return added["rows"] + added["sightings"] > 0


def _names(mappings: Sequence[Mapping], settings: Settings) -> list[str]:
    """The endpoints of these mappings: those whose answers they are, and of patches those that the archive has."""
    objects = ObjectStore(settings)
    patches = [each.patch_endpoint.name for each in mappings if each.patch_endpoint]
    archived = [name for name in patches if any(True for _ in objects.keys(f"raw/{name.replace('.', '/')}/"))]
    return [*(each.name for each in mappings), *archived]
