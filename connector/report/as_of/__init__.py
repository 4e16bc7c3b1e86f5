"""What a report needs as of an earlier moment, reconstructed from what is remembered of it."""

from connector.report.as_of.material import AsOf, from_journal
from connector.report.as_of.moment import Moment, moment_of
from connector.report.as_of.standing import Standing

__all__ = ["AsOf", "Moment", "Standing", "from_journal", "moment_of"]
