"""Records: ids, stamps, revisions, creating, changing, and what is refused."""

import pytest

from connector.mock.catalog import KINDS

STAMP = "2026-03-31T12:00:00.000000Z"


def test_a_new_record_has_an_id_stamps_every_field_and_an_address(api, mock):
    row = api.post("models", registry_name="pd", tier="2 - High")
    assert (row["id"], row["revision"]) == ("MDL0001001", 1)
    assert (row["created_at"], row["updated_at"], row["updated_by"]) == (STAMP, STAMP, "mlflow-grc@bank.example")
    assert row["url"] == f"{mock.url}/records/MDL0001001"
    assert set(KINDS["models"].fields) <= set(row)
    assert (row["purpose"], row["limitations"], row["tier"]) == (None, [], "2 - High")
    assert api.get("models/MDL0001001") == row


def test_ids_count_by_kind(api, version):
    assert version["id"] == "VER0001001"
    assert api.post("models")["id"] == "MDL0001002"
    issue = api.post("issues", title="x", severity="Low", model=version["model"])
    assert (issue["id"], issue["number"], issue["state"], issue["opened"]) == ("ISS0001001", "FND-1001", "Open", STAMP)


def test_a_patch_changes_the_given_fields_and_the_stamps(api, clock):
    row = api.post("models", purpose="a", registry_name="pd")
    clock.forward(minutes=1)
    new = api.patch("models/" + row["id"], purpose="b")
    assert (new["purpose"], new["registry_name"], new["revision"]) == ("b", "pd", 2)
    assert (new["created_at"], new["updated_at"]) == (STAMP, "2026-03-31T12:01:00.000000Z")


@pytest.mark.parametrize("values", [{}, {"purpose": "a"}, {"purpose": "a", "limitations": [], "tier": None}])
def test_a_patch_that_changes_nothing_leaves_revision_stamps_and_history(api, mock, clock, values):
    row = api.post("models", purpose="a")
    lines = len(mock.store.history())
    clock.forward(minutes=1)
    assert api.patch("models/" + row["id"], **values) == row
    assert len(mock.store.history()) == lines


def test_null_empties_a_field(api):
    row = api.post("models", purpose="a", limitations=["x"], tier="4 - Low")
    row = api.patch("models/" + row["id"], purpose=None, limitations=None, tier=None)
    assert (row["purpose"], row["limitations"], row["tier"]) == (None, [], None)


@pytest.mark.parametrize(("match", "status"), [('"1"', 412), ('"2"', 200), ("2", 200), ('W/"2"', 200), ("*", 200)])
def test_if_match(api, match, status):
    row = api.post("models", purpose="a")
    api.patch("models/" + row["id"], purpose="b")
    response = api("PATCH", f"/api/v1/models/{row['id']}", json={"purpose": "c"}, headers={"If-Match": match})
    assert response.status_code == status
    assert api.get("models/" + row["id"])["purpose"] == ("c" if status == 200 else "b")


def test_the_etag_is_the_revision(api):
    row = api.post("models", purpose="a")
    assert api("GET", f"/api/v1/models/{row['id']}").headers["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "models/MDL0009999"),
        ("PATCH", "models/MDL0009999"),
        ("GET", "versions/MDL0001001"),
        ("PATCH", "versions/MDL0001001"),
        ("GET", "widgets"),
        ("POST", "widgets"),
        ("GET", "schema/widgets"),
        ("GET", "issues/MDL0001001/comments"),
        ("GET", "models/MDL0009999/history"),
    ],
)
def test_what_is_not_there_is_404_in_json(api, method, path):
    api.post("models")
    response = api(method, f"/api/v1/{path}", json={} if method != "GET" else None)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_method_or_path_that_is_not_there_answers_json(api):
    row = api.post("models")
    assert api("DELETE", f"/api/v1/models/{row['id']}").status_code == 405
    assert api("GET", "/nowhere").json()["message"] == "Not Found"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tier": "Critical"}, "tier"),
        ({"purpose": "x" * 4001}, "purpose"),
        ({"purpose": 5}, "purpose"),
        ({"model_owner": "nobody@bank.example"}, "model_owner"),
        ({"model_owner": ["auditor@bank.example"]}, "model_owner"),
        ({"nonsense": 1}, "nonsense"),
        ({"id": "MDL1"}, "id"),
        ({"approval_chain": []}, "approval_chain"),
        ({"next_review_due": "31.12.2026"}, "next_review_due"),
        ({"review_frequency": "12"}, "review_frequency"),
        ({"review_frequency": True}, "review_frequency"),
        ({"limitations": "none"}, "limitations"),
        ({"limitations": ["x" * 4001]}, "limitations"),
        ({"exceptions": ["text"]}, "exceptions"),
    ],
)
def test_a_value_that_a_field_does_not_take_is_422_and_names_it(api, values, field):
    row = api.post("models", purpose="kept")
    for response in (
        api("POST", "/api/v1/models", json=values),
        api("PATCH", f"/api/v1/models/{row['id']}", json={"registry_name": "lost", **values}),
    ):
        assert response.status_code == 422
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert field in response.json()["message"]
    assert api.get("models")["items"] == [row]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"version": "1"}, "model"),
        ({"model": "MDL0001001"}, "version"),
        ({"model": "VER0001001", "version": "1"}, "model"),
        ({"model": "MDL0009999", "version": "1"}, "model"),
        ({"model": "MDL0001001", "version": "1", "deployed_at": "2026-01-01T00:00:00"}, "deployed_at"),
        ({"model": "MDL0001001", "version": "1", "metrics": [1]}, "metrics"),
    ],
)
def test_values_of_a_version(api, version, values, field):
    response = api("POST", "/api/v1/versions", json=values)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_the_longest_text_is_taken_and_characters_count_not_bytes(api):
    text = "ü" * 4000
    assert api.post("models", purpose=text)["purpose"] == text


def test_a_user_field_takes_the_directorys_spelling(api):
    assert api.post("models", model_owner="AUDITOR@bank.example")["model_owner"] == "auditor@bank.example"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_400(api, body):
    response = api("POST", "/api/v1/models", data=body)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_the_schema_tells_types_limits_and_choices(api):
    fields = {field["name"]: field for field in api.get("schema/models")["items"]}
    assert set(fields) == set(KINDS["models"].fields)
    assert fields["tier"]["choices"][0] == "1 - Critical"
    assert (fields["purpose"]["type"], fields["purpose"]["max_length"]) == ("string", 4000)
    assert fields["approval_chain"]["read_only"]
