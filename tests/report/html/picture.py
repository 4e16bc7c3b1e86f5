"""Makes docs/images/report.png: the summary of a generated portfolio's report.

Run from a checkout: ``python -m tests.report.html.picture``. Needs Chromium, as ``tests.mock.web.browser`` says.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.mock.web.browser import chromium, missing, picture, show_as
from tests.mock.web.pictures import IMAGES, LARGEST
from tests.report.html.bank import Portfolio, write

WINDOW = (1180, 800)


def main() -> int:
    """Write the picture; returns 1 where there is no browser, or it is too large."""
    if missing():
        sys.stderr.write(missing() + "\n")
        return 1
    path = IMAGES / "report.png"
    with tempfile.TemporaryDirectory() as place, chromium(Path(place) / "profile") as driver:
        write(Path(place) / "report.html", Portfolio(120).material())
        show_as(driver, WINDOW)
        driver.get((Path(place) / "report.html").as_uri())
        picture(driver, path)
    sys.stdout.write(f"{path.relative_to(IMAGES.parents[1])}: {path.stat().st_size:,} bytes\n")
    return int(path.stat().st_size > LARGEST)


if __name__ == "__main__":
    sys.exit(main())
