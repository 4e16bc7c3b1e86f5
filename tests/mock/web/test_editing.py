"""Tiers, lifecycle, details, reviews; and two people at one record."""

import pytest

from connector.mock.errors import Stale
from tests.mock.web.bank import AUDITOR, OFFICER, SERVICE
from tests.mock.web.conftest import note


def test_retiering_keeps_the_reason_and_confirms(officer_page, mock, bank):
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    assert "The tier is provisional." in page.text
    page = officer_page.submit(
        officer_page.get(page.links()["Change the tier"]), tier="1 - Critical", tier_override_reason="The book doubled."
    )
    row = mock.store.row(bank.model["id"])
    assert (row["tier"], row["tier_override_reason"]) == ("1 - Critical", "The book doubled.")
    assert (row["tier_confirmed_on"], row["updated_by"], row["revision"]) == ("2026-03-31", OFFICER, 2)
    assert note(page) == "The tier is 1 - Critical."
    assert "provisional" not in page.text


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"tier": "", "tier_override_reason": " "}, ["tier", "tier_override_reason"]),
        ({"tier": "2 - High", "tier_override_reason": "x"}, ["tier"]),
        ({"tier": "huge", "tier_override_reason": "x"}, ["tier"]),
        ({"tier": "1 - Critical", "tier_override_reason": "x" * 4_001}, ["tier_override_reason"]),
    ],
)
def test_a_tier_needs_a_new_value_and_a_reason(officer_page, mock, bank, values, errors):
    page = officer_page.submit(officer_page.get(f"/ui/models/{bank.model['id']}/tier"), 422, **values)
    assert list(page.errors()) == errors
    assert officer_page.form(page).values["tier_override_reason"] == values["tier_override_reason"]
    assert mock.store.row(bank.model["id"]) == bank.model


def test_confirming_a_provisional_tier(officer_page, mock, bank, clock):
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    page = officer_page.submit(officer_page.get(page.links()["Confirm the tier"]))
    assert mock.store.row(bank.model["id"])["tier_confirmed_on"] == "2026-03-31"
    assert note(page) == "The tier 2 - High is confirmed."
    assert "Confirm the tier" not in page.links()
    clock.forward(hours=1)
    mock.as_user(SERVICE).patch(bank.model["id"], tier="1 - Critical")
    page = officer_page.get(f"/ui/models/{bank.model['id']}")
    assert "MLflow connector service account set it to 1 - Critical from 2 - High" in page.text
    confirm = officer_page.get(page.links()["Confirm the tier"])
    assert "confirmed today already" in officer_page.submit(confirm, 409).text
    clock.forward(days=1)
    officer_page.sign_in(OFFICER)
    officer_page.submit(officer_page.get(page.links()["Confirm the tier"]))
    assert mock.store.row(bank.model["id"])["tier_confirmed_on"] == "2026-04-01"


def test_there_is_nothing_to_confirm_without_a_tier(officer_page, officer, mock):
    row = officer.create("models", registry_name="bare")
    page = officer_page.submit(officer_page.get(f"/ui/models/{row['id']}/confirm-tier"), 409)
    assert "has no tier yet" in page.text
    assert mock.store.row(row["id"]) == row


def test_lifecycle(officer_page, mock, bank):
    path = f"/ui/models/{bank.model['id']}/lifecycle"
    page = officer_page.submit(officer_page.get(path), lifecycle_status="Suspended", replacement="sme-pd-2")
    row = mock.store.row(bank.model["id"])
    assert (row["lifecycle_status"], row["replacement"], row["decommissioned_at"]) == ("Suspended", "sme-pd-2", None)
    assert note(page) == "The lifecycle status was saved."
    assert list(officer_page.submit(officer_page.get(path), 422, lifecycle_status="").errors()) == ["lifecycle_status"]


def test_details_of_every_type(officer_page, mock, bank):
    path = f"/ui/models/{bank.model['id']}/edit"
    form = officer_page.get(path)
    assert officer_page.form(form).values["limitations"] == "no start-ups\nEU only"
    officer_page.submit(
        form,
        purpose="Two\r\nlines",
        products="cards\r\n\r\n loans ",
        reviewer=OFFICER,
        model_owner="",
        review_frequency="12",
        next_review_due="2026-12-01",
    )
    row = mock.store.row(bank.model["id"])
    assert (row["purpose"], row["products"]) == ("Two\nlines", ["cards", "loans"])
    assert (row["reviewer"], row["model_owner"], row["review_frequency"]) == (OFFICER, None, 12)
    assert row["next_review_due"] == "2026-12-01"
    assert row["limitations"] == ["no start-ups", "EU only"]
    changed = {change.field for change in mock.store.history(row["id"]) if change.revision == 2}
    assert changed == {"purpose", "products", "reviewer", "model_owner", "review_frequency", "next_review_due"}
    page = officer_page.submit(officer_page.get(path))
    assert note(page) == "Nothing was changed."
    assert mock.store.row(bank.model["id"])["revision"] == 2


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        (
            {"review_frequency": "often"},
            {"review_frequency": "Months between reviews must be a whole number, 0 or more."},
        ),
        ({"model_owner": "nobody@x"}, {"model_owner": "Model owner is not the e-mail of a user."}),
        ({"next_review_due": "31.12."}, {"next_review_due": "Next review due must be a date such as 2026-03-31."}),
        ({"replacement": "r" * 256}, {"replacement": "Replaced by has 256 characters, 255 at most."}),
    ],
)
def test_values_that_fields_do_not_take(officer_page, mock, bank, values, errors):
    page = officer_page.submit(officer_page.get(f"/ui/models/{bank.model['id']}/edit"), 422, purpose="kept", **values)
    assert page.errors() == errors
    kept = officer_page.form(page).values
    assert kept["purpose"] == "kept"
    if "model_owner" not in values:
        assert kept | values == kept
    assert mock.store.row(bank.model["id"]) == bank.model


def test_reviews_of_a_version(officer_page, mock, bank):
    page = officer_page.get(f"/ui/versions/{bank.version['id']}/reviews")
    officer_page.submit(page, compliance_review="Approved", validation_status="Passed", validator=OFFICER)
    row = mock.store.row(bank.version["id"])
    assert (row["compliance_review"], row["validation_status"], row["validator"]) == ("Approved", "Passed", OFFICER)


def test_a_value_of_someone_who_left_stays_as_it_is(officer_page, mock, bank):
    admin = mock.as_user("admin@bank.example")
    (row,) = admin.records("users", email=bank.model["model_owner"])
    admin.patch(row["id"], active=False)
    page = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    assert officer_page.form(page).values["model_owner"] == bank.model["model_owner"]
    officer_page.submit(page, purpose="new")
    assert mock.store.row(bank.model["id"])["model_owner"] == bank.model["model_owner"]


def test_two_people_at_one_record_lose_nothing(officer_page, mock, bank, clock):
    form = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    clock.forward(minutes=5)
    owner = mock.as_user("head.retail@bank.example")
    owner.patch(bank.model["id"], purpose="theirs", complexity="High", limitations=["none"])
    now = mock.store.row(bank.model["id"])
    page = officer_page.submit(form, 409, purpose="mine", materiality="Low")
    assert mock.store.row(bank.model["id"]) == now
    box = page.one("div", class_="errors").attrs
    assert (box["role"], box["tabindex"], "autofocus" in box) == ("alert", "-1", True)
    who = "Helena Costa, 31 Mar 2026, 12:05 UTC"
    assert page.one("table", class_="changes").rows() == [
        ["Purpose", "Probability of default of small firms", f"theirs {who}", "mine"],
        ["Complexity", "nothing", f"High {who}", "no change"],
        ["Limitations", "no start-ups; EU only", f"none {who}", "no change"],
    ]
    values = officer_page.form(page).values
    assert (values["purpose"], values["materiality"]) == ("mine", "Low")
    assert (values["complexity"], values["limitations"]) == ("High", "none")
    officer_page.submit(page)
    row = mock.store.row(bank.model["id"])
    assert (row["purpose"], row["materiality"], row["complexity"]) == ("mine", "Low", "High")
    assert row["limitations"] == ["none"]


def test_what_others_changed_is_shown_before_what_is_wrong(officer_page, mock, bank):
    form = officer_page.get(f"/ui/models/{bank.model['id']}/tier")
    mock.as_user(SERVICE).patch(bank.model["id"], tier="1 - Critical")
    page = officer_page.submit(form, 409, tier="", tier_override_reason="")
    assert page.one("table", class_="changes").rows()[0][:2] == ["Risk tier", "2 - High"]


def test_a_value_that_was_emptied_is_shown_as_nothing(officer_page, mock, bank):
    form = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    mock.as_user(SERVICE).patch(bank.model["id"], purpose="theirs")
    page = officer_page.submit(form, 409, purpose="")
    assert page.one("table", class_="changes").rows()[0][3] == "nothing"
    officer_page.submit(page)
    assert mock.store.row(bank.model["id"])["purpose"] is None


def test_a_record_that_was_only_touched_is_shown_as_that(officer_page, mock, bank):
    form = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    mock.grc.touch(bank.model["id"], mock.grc.directory.user("admin@bank.example"))
    page = officer_page.submit(form, 409, purpose="mine")
    assert "Platform Administration saved it on 31 Mar 2026, 12:00 UTC; every field is as you saw it." in page.text
    officer_page.submit(page)
    assert mock.store.row(bank.model["id"])["purpose"] == "mine"


def test_a_change_in_the_very_moment_of_saving_is_met_too(officer_page, mock, bank, monkeypatch):
    form = officer_page.get(f"/ui/models/{bank.model['id']}/edit")
    patch = mock.grc.patch

    def late(record_id, values, user, revision=None):
        monkeypatch.setattr(mock.grc, "patch", patch)
        patch(record_id, {"purpose": "theirs"}, mock.grc.directory.user(SERVICE))
        with pytest.raises(Stale):
            patch(record_id, values, user, revision)
        return patch(record_id, values, user, revision)

    monkeypatch.setattr(mock.grc, "patch", late)
    page = officer_page.submit(form, 409, purpose="mine")
    assert page.one("table", class_="changes").rows()[0][3] == "mine"


@pytest.mark.parametrize("revision", ["", "x", "-1", "99", "9" * 40, "٣"])
def test_a_form_with_no_revision_of_the_record_is_refused(officer_page, mock, bank, revision):
    form = officer_page.form(officer_page.get(f"/ui/models/{bank.model['id']}/edit"))
    page = officer_page.post(form.action, 400, **{**form.values, "purpose": "x", "revision": revision})
    assert page.one("h1").text == "The request cannot be understood"
    assert mock.store.row(bank.model["id"]) == bank.model


@pytest.mark.parametrize("task", ["tier", "confirm-tier", "lifecycle", "edit", "raise-issue"])
def test_an_auditor_is_told_why_not(visitor, mock, bank, task):
    auditor = visitor(AUDITOR)
    path = f"/ui/models/{bank.model['id']}/{task}"
    for page in (auditor.get(path, 403), auditor.post(path, 403)):
        assert page.one("h1").text in ("You may not do this", "The form is out of date")
    token = auditor.get("/ui/models").one("input", name="csrf").attrs["value"]
    page = auditor.post(path, 403, csrf=token, revision="1", tier="1 - Critical", tier_override_reason="x", title="x")
    assert "You are signed in as Aoife Byrne, and your role is Auditor. Nothing was changed." in page.text
    assert mock.store.row(bank.model["id"]) == bank.model
