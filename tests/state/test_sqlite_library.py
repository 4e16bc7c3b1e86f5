"""Opening the state loads no library that it has no use for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

OPENED = """
import sys
{before}
from connector.state import open_store
open_store(sys.argv[1], str).close()
print(sorted({{"pandas", "numpy"}} & sys.modules.keys()))
import numpy
print(numpy.__name__)
"""


@pytest.mark.parametrize(("before", "loaded"), [("", []), ("import numpy", ["numpy"])], ids=["alone", "in use"])
def test_a_library_that_is_not_used_is_not_loaded_and_can_be_afterwards(
    tmp_path: Path, before: str, loaded: list[str]
) -> None:
    pytest.importorskip("numpy")
    command = [sys.executable, "-c", OPENED.format(before=before), str(tmp_path / "state.db")]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.splitlines() == [str(loaded), "numpy"], done.stderr
