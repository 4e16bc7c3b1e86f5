"""What monitoring reads: metrics in Prometheus' form, from the state of all replicas and the counts of this process."""

from connector.metrics.auditing import AuditWatch
from connector.metrics.collector import Collector
from connector.metrics.readings import Reading, Readings, Whole

__all__ = ["AuditWatch", "Collector", "Reading", "Readings", "Whole"]
