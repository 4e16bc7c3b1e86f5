"""A small mapping of the mock GRC in each of the three version modes: few fields, one of every owner and rule."""

from __future__ import annotations

from pathlib import Path

_MODEL_FIELDS = """\
      description: {field: description, max_length: 4000}
      purpose: {field: purpose, max_length: 4000}
      limitations: limitations
      risk_classification:
        field: tier
        values: {critical: "1 - Critical", high: "2 - High", medium: "3 - Medium", low: "4 - Low"}
      tier_confirmed_on: tier_confirmed_on
      tier_override_reason: {field: tier_override_reason, max_length: 4000}
      allowed_changes: {field: allowed_changes, max_length: 4000}
      model_owner: model_owner
      lifecycle_status:
        field: lifecycle_status
        values: {proposed: Proposed, in_development: In Development, in_review: In Review, approved: Approved,
                 in_use: In Use, restricted: Restricted, suspended: Suspended, decommissioned: Decommissioned}
"""

_APPROVAL_FIELDS = """\
      approval_status:
        field: approval_status
        values: {not_submitted: Not Submitted, pending: Pending Approval, approved: Approved,
                 conditional: Approved with Conditions, provisional: Provisional Use, rejected: Rejected,
                 expired: Expired, withdrawn: Withdrawn}
      approved_by: approved_by
      approval_expiry: approval_expiry
      conditions: {field: conditions, max_length: 4000}
"""

_VERSION_FIELDS = """\
      description: {field: description, max_length: 4000}
      assumptions: {field: assumptions, max_length: 4000}
      validation_status: {field: validation_status, values: {pending: Pending, passed: Passed, failed: Failed}}
      compliance_review: {field: compliance_review, values: {pending: Pending, approved: Approved, rejected: Rejected}}
"""

_ISSUE = """\
  issue:
    identity: {key: external_key, parent: model, version: version}
    opening: {}
    fields:
      number: number
      title: title
      severity: {field: severity, values: {critical: Critical, high: High, medium: Moderate, low: Low}}
      state:
        field: state
        values: {open: Open, in_remediation: In Remediation, pending_validation: Pending Validation, closed: Closed,
                 accepted: Risk Accepted}
      due: due_date
      assignee: assignee
      description: description
      resolution: resolution
"""


def _resource(kind: str, plural: str, page_size: int, if_match: str) -> str:
    pagination = f"{{type: offset, page_size: {page_size}}}"
    return f"""\
    {kind}:
      id: id
      revision: revision
      updated_at: updated_at
      actor: updated_by
      url: url
      list: {{path: /api/v1/{plural}, records: items, total: total, pagination: {pagination}}}
      get: {{path: "/api/v1/{plural}/{{id}}"}}
      find: {{path: /api/v1/{plural}, params: {{external_key: "{{key}}"}}, records: items}}
      create: {{method: POST, path: /api/v1/{plural}}}
      update: {{method: PATCH, path: "/api/v1/{plural}/{{id}}"{if_match}}}
"""


_COMMENTS = """\
      comments:
        list: {path: "/api/v1/issues/{id}/comments", records: items}
        create: {method: POST, path: "/api/v1/issues/{id}/comments", text: text}
"""


def write_mapping(directory: Path, mode: str, *, page_size: int = 4, conditional: bool = False, more: str = "") -> Path:
    """Write the mapping for ``records``, ``governed`` or ``none`` and return its file. ``conditional``: updates carry
    the revision that they were planned from. ``more`` is one more model field, named alike on both sides.
    """
    if_match = ", if_match: '\"{revision}\"'" if conditional else ""

    def resource(kind: str) -> str:
        return _resource(kind, f"{kind}s", page_size, if_match)

    identity = "key: external_key, instance: connector_instance, name: registry_name, created: registry_created"
    governed = ", governed_version: governed_version" if mode == "governed" else ""
    text = f"platform: mock\nadapter: http\nversions: {mode}\n"
    text += "retire:\n  model: {lifecycle_status: decommissioned}\n"
    text += f"entities:\n  model:\n    identity: {{{identity}{governed}}}\n    fields:\n{_MODEL_FIELDS}"
    text += f"      {more}: {more}\n" if more else ""
    if mode == "records":
        text += f"  version:\n    identity: {{{identity}, version: version, parent: model}}\n    fields:\n"
        text += _APPROVAL_FIELDS + _VERSION_FIELDS
    else:
        text += "    version_fields:\n" + _APPROVAL_FIELDS
    text += _ISSUE + "http:\n  resources:\n" + resource("model")
    if mode == "records":
        text += resource("version")
    text += resource("issue") + _COMMENTS
    path = directory / f"mock-{mode}.yaml"
    path.write_text(text, encoding="utf-8")
    return path
