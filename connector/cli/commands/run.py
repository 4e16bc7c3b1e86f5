"""``mlflow-grc run``: the daemon."""

from __future__ import annotations

import click

from connector.cli.app import App
from connector.cli.options import pass_app
from connector.daemon import run_daemon


@click.command()
@pass_app
def command(app: App) -> None:
    """Keep MLflow and the GRC together: sync on a schedule until stopped.

    The first cycle starts at once, the next ones as `schedule` in the configuration says (an interval with jitter, or
    cron in UTC). Overlapping cycles are one. A cycle that fails is logged and tried again at the next tick. SIGTERM
    or Ctrl-C ends it after the operation in hand, with exit code 0. It ends by itself, with exit code 1, where
    `mlflow-grc state migrate` moved its state away. It logs on standard error, or where `logging` says, and prints
    nothing. Where the configuration has a `server` section it serves probes, metrics and a status page.

    With the state on PostgreSQL start it on as many machines as you want: they share the cycles, and one goes on where
    another dies.
    """
    names = app.names()
    app.configure_logging(service=True)
    with app.store() as store:
        run_daemon(app.config, names, store)
