"""`execute_notebook.py SOURCE OUTPUT`: runs a notebook, up to a cell that fails, and keeps what it shows by then.

It is for `.venv-notebook`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main() -> None:
    """Run SOURCE, a script or a notebook, in its folder, and write OUTPUT; exit with 1 and the error of a cell."""
    source, output = map(Path, sys.argv[1:])
    notebook = jupytext.read(source)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []  # else those after a cell that fails would be of another file
    try:
        NotebookClient(notebook, resources={"metadata": {"path": str(source.parent)}}).execute()
    except CellExecutionError as error:
        sys.exit(f"{error.ename}: {error.evalue}")
    finally:
        jupytext.write(notebook, output)


if __name__ == "__main__":
    main()
