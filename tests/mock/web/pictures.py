"""Makes the pictures of the mock GRC's pages for the documents: the demo is played for real, and its officer signs in.

Run from a checkout: ``python -m tests.mock.web.pictures``. Needs Chromium, as ``browser`` says.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from connector.demo.bank import Bank, open_bank
from connector.demo.cast import OFFICER
from connector.demo.machine import JsonNarrator
from connector.demo.stage import Stage
from connector.demo.story import play
from connector.demo.wiring import open_cycle
from tests.mock.web.browser import chromium, missing, picture, show_as

IMAGES = Path(__file__).parents[3] / "docs" / "images"
WINDOW = (1180, 760)
MODEL = "card-fraud-detection"
LARGEST = 200_000
"""Bytes that a picture may have."""


def main() -> int:
    """Play the demo and write the pictures; returns 1 where there is no browser, or a picture is too large."""
    if missing():
        sys.stderr.write(missing() + "\n")
        return 1
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    narrator = JsonNarrator()
    with tempfile.TemporaryDirectory() as place, open_bank(Path(place) / "demo", narrator) as bank:
        with open_cycle(bank.config) as cycle:
            play(
                Stage(
                    registry=bank.author,
                    eyes=bank.eyes,
                    office=bank.office,
                    cycle=cycle,
                    narrator=narrator,
                    portfolio=bank.portfolio,
                    today=datetime.now(UTC).date(),
                )
            )
        written = _pictures(bank, Path(place) / "profile")
    for path in written:
        sys.stdout.write(f"{path.relative_to(IMAGES.parents[1])}: {path.stat().st_size:,} bytes\n")
    return int(any(path.stat().st_size > LARGEST for path in written))


def _pictures(bank: Bank, profile: Path) -> list[Path]:
    model = next(row for row in bank.grc.store.rows("models") if row["registry_name"] == MODEL)
    pages = {"mock-inventory.png": "/ui/models?sort=-overdue", "mock-model.png": f"/records/{model['id']}"}
    with chromium(profile) as driver:
        show_as(driver, WINDOW)
        driver.get(f"{bank.grc.url}/ui/sign-in?person={OFFICER.email}")
        token = bank.grc.tokens[OFFICER.email]
        driver.find_element("name", "token").send_keys(token + "\n")
        for name, path in pages.items():
            driver.get(bank.grc.url + path)
            picture(driver, IMAGES / name)
    return [IMAGES / name for name in pages]


if __name__ == "__main__":
    sys.exit(main())
