"""The daemon on many machines: the cycles spread over workers by Procrastinate, a job engine in the state's database.

Each ``mlflow-grc run`` is a worker. The engine decides who runs a connection's cycle and when; whether that worker may
write is decided by the lease row alone, as everywhere else. Without a session state of its own (it polls rather than
listens), the engine too works behind a pooler.
"""

from connector.workers.serving import serve
from connector.workers.work import Pace

__all__ = ["Pace", "serve"]
