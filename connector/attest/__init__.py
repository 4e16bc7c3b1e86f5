"""Signed approvals, pure but for files of keys: what the GRC decided of one version, so that a pipeline can prove it
from MLflow alone.

A statement says it, a DSSE envelope signs it, tags of the version carry it in pieces, and the deployment gate reads it
back.
"""

from connector.attest.content import Content
from connector.attest.issuing import Approval, Attestations, Attested, Known, attested
from connector.attest.signing import Signer, Trusted
from connector.attest.statement import Claim, Statement

__all__ = [
    "Approval",
    "Attestations",
    "Attested",
    "Claim",
    "Content",
    "Known",
    "Signer",
    "Statement",
    "Trusted",
    "attested",
]
