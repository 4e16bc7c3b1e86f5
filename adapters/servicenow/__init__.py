"""ServiceNow: the Table API with its batches, for customer tables, the vendor's AI model inventory, and GRC issues."""

from adapters.servicenow.adapter import ServiceNowAdapter
from adapters.servicenow.options import Options

__all__ = ["Options", "ServiceNowAdapter"]
