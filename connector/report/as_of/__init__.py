"""What a report needs as of an earlier moment, reconstructed from what is remembered of it."""

from connector.report.past.material import Past, from_journal
from connector.report.past.moment import Moment, moment_of
from connector.report.past.standing import Standing

__all__ = ["Moment", "Past", "Standing", "from_journal", "moment_of"]
