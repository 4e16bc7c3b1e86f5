"""The mock GRC as a process: loads records once, keeps changes in memory, ends when its standard input does."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.site import TOKEN
from connector.mock import MockGrc

OFFICER = "risk.officer@bank.example"


def main(records: Path) -> None:
    """Serve the records of the file, where there is one."""
    mock = MockGrc(token=TOKEN)
    if records.exists():
        mock.grc.load(json.loads(records.read_bytes()))
    with mock:
        sys.stdout.write(json.dumps({"url": mock.url, "officer": mock.tokens[OFFICER]}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
