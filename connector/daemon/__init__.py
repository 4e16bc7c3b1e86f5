"""The daemon: a cycle per connection, at once and then on schedule, until it is told to stop; and between them a
narrowed one for each registered model that an event was about.

A cycle that fails never ends it: that is logged, and the next tick tries again. Ticks that come while a cycle runs are
one; a connection that another process synchronises is left to that process.
"""

from connector.daemon.running import run_daemon

__all__ = ["run_daemon"]
