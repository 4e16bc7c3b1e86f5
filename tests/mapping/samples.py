"""Mappings small enough to read, one per `versions` mode."""

REGISTRY_ID = "6a1f7c8e-0b1d-4a52-9c55-6f6a6a1f7c8e"

TIER = {"field": "tier", "values": {"critical": "1 - Critical", "high": "2 - High", "medium": 3, "low": "4 - Low"}}
MODEL_IDENTITY = {"key": "ext", "instance": "inst", "name": "reg_name", "created": "reg_created"}
MODEL_FIELDS = {
    "description": {"field": "desc", "max_length": 100},
    "purpose": "purpose",
    "risk_classification": TIER,
    "model_owner": {"read": "owner", "write": "owner_mail"},
    "products": "products",
    "dependencies": {"field": "deps", "write_as": "text"},
    "review_frequency": "months",
    "lifecycle_status": {
        "field": "life",
        "read_values": {"Live": "in_use", "Gone": "decommissioned"},
        "write_values": {"decommissioned": 9},
    },
    "registry": {"field": "registry", "writable": False},
}
VERSION_FIELDS = {
    "approval_status": {
        "field": "approval",
        "values": {"not_submitted": "Draft", "pending": "In review", "approved": "Approved"},
    },
    "conditions": "conditions",
    "limitations": "limits",
    "metrics": "metrics",
    "code_commit": "commit",
}
ISSUE = {
    "identity": {"parent": "model", "version": "version"},
    "fields": {
        "number": "no",
        "title": "title",
        "severity": {
            "field": "sev",
            "values": {"critical": "Critical", "high": "High", "medium": "Moderate", "low": "Low"},
        },
        "state": "state",
        "due": "due",
        "assignee": "who",
    },
}


def platform(mode="records", **changes):
    """The content of a mapping file."""
    data = {
        "platform": "test",
        "adapter": "http",
        "versions": mode,
        "retire": {"model": {"lifecycle_status": "decommissioned"}},
        "entities": {"model": {"identity": dict(MODEL_IDENTITY), "fields": dict(MODEL_FIELDS)}, "issue": ISSUE},
        "http": {"base": "/api"},
    }
    if mode == "records":
        identity = {**MODEL_IDENTITY, "version": "ver", "parent": "parent"}
        data["entities"]["version"] = {"identity": identity, "fields": dict(VERSION_FIELDS)}
    else:
        data["entities"]["model"]["version_fields"] = dict(VERSION_FIELDS)
    if mode == "governed":
        data["entities"]["model"]["identity"]["governed_version"] = "gov_ver"
    return data | changes
