"""The tables that the vendor ships, as far as the page tells them; its extent is what a connector can meet.

Column types and lengths are from memory unless the page names them, and so is every column of ``sys_user``,
``sys_journal_field``, ``sys_choice``, ``sys_dictionary`` and of the links between issues and what they are about.
"""

from __future__ import annotations

from tests.simulators.servicenow.dictionary import (
    Column,
    Table,
    Type,
    choice,
    date,
    flag,
    reference,
    text,
    time,
    user,
    whole,
)

PRIORITIES = {"1": "1 - Critical", "2": "2 - High", "3": "3 - Moderate", "4": "4 - Low", "5": "5 - Planning"}
ISSUE_STATES = {
    "1": "New",
    "2": "Analyze",
    "5": "Respond",
    "0": "Review",
    "3": "Closed Complete",
    "4": "Closed Incomplete",
}
"""Integers seen on one live instance; another's differ."""
APPROVAL_STATES = {
    "requested": "Requested",
    "approved": "Approved",
    "rejected": "Rejected",
    "not requested": "Not Yet Requested",
    "not_required": "No Longer Required",
    "cancelled": "Cancelled",
}
AI_LIFECYCLE = {
    "1": "In review",
    "2": "Approved",
    "3": "Rejected",
    "4": "Deployed",
    "5": "AI steward review",
    "6": "Approved for development",
    "7": "Ready for deployment",
    "8": "Approved for deployment",
    "9": "Canceled",
    "10": "Offboarded",
}
AI_RISK = {"1": "High", "2": "Medium", "3": "Low", "4": "Unacceptable", "5": "TBD", "6": "Critical"}
INSTALL_STATUS = {"1": "In use", "2": "On order", "6": "In stock", "7": "Retired"}
"""From memory."""


def _journal(name: str, label: str) -> Column:
    return Column(name, label, Type.JOURNAL, 4000)


SYS_USER = Table(
    "sys_user",
    "User",
    (
        text("user_name", "User ID", 40),
        text("name", "Name", 151),
        text("email", "Email", 100),
        text("title", "Title", 60),
        flag("active", "Active", "true"),
        text("time_zone", "Time zone", 40),
        text("date_format", "Date format", 40),
    ),
    display="name",
)
TASK = Table(
    "task",
    "Task",
    (
        Column("number", "Number", read_only=True),
        Column("sys_class_name", "Task type", max_length=80, read_only=True),
        text("short_description", "Short description", 160),
        text("description", "Description"),
        choice("state", "State", {"1": "Open", "3": "Closed Complete"}, "1"),
        choice("priority", "Priority", PRIORITIES, "4"),
        flag("active", "Active", "true"),
        time("due_date", "Due date"),
        user("assigned_to", "Assigned to"),
        time("opened_at", "Opened"),
        user("opened_by", "Opened by"),
        time("closed_at", "Closed"),
        user("closed_by", "Closed by"),
        text("close_notes", "Close notes"),
        _journal("work_notes", "Work notes"),
        _journal("comments", "Additional comments"),
    ),
    display="number",
    prefix="TASK",
)
ISSUE_RATING = Table(
    "sn_grc_issue_rating",
    "Issue rating",
    (text("name", "Name", 40), whole("order", "Order")),
    display="name",
)
GRC_TASK = Table(
    "sn_grc_task", "Remediation task", (reference("issue", "Issue", "sn_grc_issue"),), TASK, "number", "RTSK"
)
ITEM_LINK = Table(
    "sn_grc_m2m_issue_item",
    "Issue to item",
    (reference("sn_grc_issue", "Issue", "sn_grc_issue"), reference("sn_grc_item", "Item", "sn_grc_item")),
)
MODEL_RISK_LINK = Table(
    "sn_model_risk_mgmt_m2m_issue_model_risk",
    "Issue to model risk",
    (
        reference("issue", "Issue", "sn_grc_issue"),
        reference("model_risk", "Model risk", "sn_model_risk_mgmt_model_risk"),
    ),
)
AI_MODEL = Table(
    "alm_ai_model_digital_asset",
    "AI model digital asset",
    (
        text("display_name", "Display name", 255),
        text("external_ref_id", "External reference ID", 255),
        reference("model", "Model", "cmdb_model"),
        reference("vendor", "Vendor", "core_company"),
        reference("ci", "Configuration item", "cmdb_ci"),
        choice("install_status", "State", INSTALL_STATUS, "1"),
        user("managed_by", "Managed by"),
    ),
    display="display_name",
)
AI_GOVERNANCE = Table(
    "sn_ai_governance_asset_governance_details",
    "AI asset governance details",
    (
        reference("asset", "Asset", "alm_ai_model_digital_asset"),
        flag("governed", "Governed"),
        choice("status", "Status", AI_LIFECYCLE),
        choice("lifecycle_phase", "Lifecycle phase", {}),
        choice("risk_score", "Risk score", AI_RISK),
    ),
)
APPROVER_COLUMNS = (
    user("approver", "Approver"),
    choice("state", "State", APPROVAL_STATES, "requested"),
    Column("document_id", "Approving", Type.DOCUMENT, 32),
    text("source_table", "Source table", 80),
    _journal("comments", "Comments"),
    date("due_date", "Due date"),
)
JOURNAL = Table(
    "sys_journal_field",
    "Journal entry",
    (
        Column("name", "Name", max_length=80, read_only=True),
        Column("element", "Element", max_length=80, read_only=True),
        Column("element_id", "Element ID", Type.STRING, 32, read_only=True),
        Column("value", "Value", max_length=65_000, read_only=True),
    ),
)
CHOICE = Table(
    "sys_choice",
    "Choice",
    (
        text("name", "Table", 80),
        text("element", "Element", 80),
        text("value", "Value", 255),
        text("label", "Label", 255),
        flag("inactive", "Inactive"),
    ),
    display="label",
)
DICTIONARY = Table(
    "sys_dictionary",
    "Dictionary entry",
    (
        text("name", "Table", 80),
        text("element", "Column name", 80),
        text("column_label", "Column label", 80),
        text("internal_type", "Type", 40),
        whole("max_length", "Max length"),
        text("reference", "Reference", 80),
        flag("read_only", "Read only"),
        flag("mandatory", "Mandatory"),
    ),
    display="element",
)
OTHERS = tuple(
    Table(name, label, (text("name", "Name", 255),), display="name")
    for name, label in (
        ("cmdb_model", "Product model"),
        ("core_company", "Company"),
        ("cmdb_ci", "Configuration item"),
        ("sn_grc_item", "Item"),
        ("sn_model_risk_mgmt_model_risk", "Model risk"),
    )
)
"""Tables that are referred to, and of whose columns only a name is known."""
SHIPPED = (
    SYS_USER,
    TASK,
    ISSUE_RATING,
    GRC_TASK,
    ITEM_LINK,
    MODEL_RISK_LINK,
    AI_MODEL,
    AI_GOVERNANCE,
    JOURNAL,
    CHOICE,
    DICTIONARY,
    *OTHERS,
)
