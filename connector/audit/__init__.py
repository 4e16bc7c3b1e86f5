"""The audit trail: its hash chain, the proof that nothing was changed, and its exports."""

from connector.audit.chain import ChainedEntry, Head
from connector.audit.export import write_csv, write_jsonl
from connector.audit.offline import Verification, verify_lines
from connector.audit.select import AuditFilter
from connector.audit.verify import RUN_ENDED, verify, verify_end, verify_trail

__all__ = [
    "RUN_ENDED",
    "AuditFilter",
    "ChainedEntry",
    "Head",
    "Verification",
    "verify",
    "verify_end",
    "verify_lines",
    "verify_trail",
    "write_csv",
    "write_jsonl",
]
