"""The reconciliation report as one HTML file for people who never see Python: no network, no second file."""

from connector.report.html.history import History, histories
from connector.report.html.page import Source, write_page

__all__ = ["History", "Source", "histories", "write_page"]
