"""The simulator is a package of its own: it imports nothing of the platform."""

from __future__ import annotations

import subprocess
import sys

# Runs apart from this process, where the platform may be imported already. None in sys.modules makes an import fail.
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.modules["mlb_data_platform"] = None
import statsapi_simulator
modules = [each.name for each in pkgutil.walk_packages(statsapi_simulator.__path__, "statsapi_simulator.")]
for name in modules:
    importlib.import_module(name)
print(len(modules))
"""


def test_every_module_can_be_imported_where_the_platform_is_absent() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 80, "modules that were found"
