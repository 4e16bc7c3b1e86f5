"""What ``check`` says of an instance, and ``discover`` of its tables; nothing is written by either."""

import pytest

from adapters.servicenow.probe import UNKNOWN_COLUMN, UNTOLD
from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import SchemaField
from tests.adapters.servicenow.platform import FIELDS, make_adapter, options
from tests.simulators.servicenow.access import Access
from tests.simulators.servicenow.manners import Misspelt
from tests.simulators.servicenow.staff import ADMIN, CONNECTOR
from tests.simulators.servicenow.store import JOURNAL
from tests.simulators.servicenow.tenant import APPROVERS, ISSUES, MODELS, USERS, VERSIONS


@pytest.fixture
def filled(simulator):
    """A model and a version, an issue with a note, and an account that has the time zone it should have."""
    model = simulator.store.create(MODELS, {"u_external_key": "k"}, ADMIN)["sys_id"]
    version = simulator.store.create(VERSIONS, {"u_model": model, "u_version": "1"}, ADMIN)["sys_id"]
    simulator.store.create(APPROVERS, {"document_id": version, "source_table": VERSIONS}, ADMIN)
    issue = simulator.store.create(ISSUES, {"u_model": model}, ADMIN)["sys_id"]
    simulator.store.update(ISSUES, issue, {"work_notes": "by hand"}, ADMIN)
    set_zone(simulator, "UTC")
    simulator.manners.misspelt = Misspelt.NOTHING
    return simulator


def set_zone(simulator, zone):
    user = next(row for row in simulator.store.rows(USERS) if row["user_name"] == CONNECTOR)
    simulator.store.update(USERS, user["sys_id"], {"time_zone": zone}, ADMIN)


def problems(simulator, monkeypatch, fields=FIELDS, **more):
    """All but the note on the data dictionary, which the connector's account is not shown."""
    with make_adapter(simulator, monkeypatch, options(account=CONNECTOR, **more), fields=fields) as adapter:
        found = adapter.check()
    assert all(problem.where and problem.what and problem.remedy for problem in found)
    return but_untold(found)


def but_untold(found):
    return [problem for problem in found if problem.where != UNTOLD]


def only(found):
    (problem,) = but_untold(found)
    return problem


def test_a_good_instance_has_no_problem(filled, monkeypatch):
    writes = filled.requests.writes
    assert problems(filled, monkeypatch) == []
    assert filled.requests.writes == writes + 1  # the login
    assert filled.calls[-1].verb in ("list", "find", "get", "describe", "comments")


def test_the_time_zone_of_the_account_is_told_and_what_to_set(filled, monkeypatch):
    set_zone(filled, "Europe/Berlin")
    problem = only(problems(filled, monkeypatch))
    assert problem.fatal
    assert "`time_zone: Europe/Berlin`" in problem.remedy
    assert problems(filled, monkeypatch, time_zone="Europe/Berlin") == []


def test_an_account_without_a_time_zone_is_advised(filled, monkeypatch):
    set_zone(filled, "")
    assert not only(problems(filled, monkeypatch)).fatal


def test_who_we_are_has_to_be_told_where_the_sign_in_does_not(filled, monkeypatch):
    with make_adapter(filled, monkeypatch) as adapter:
        assert "account: USER_NAME" in only(adapter.check()).remedy


def test_an_unknown_account_is_told(filled, monkeypatch):
    with make_adapter(filled, monkeypatch, options(account="nobody")) as adapter:
        assert "no user nobody" in only(adapter.check()).what


def test_ranges_of_sys_id_that_are_refused_mean_paging_by_offset(filled, monkeypatch):
    filled.access[CONNECTOR] = Access(no_ranges={(MODELS, "sys_id")})
    problem = only(problems(filled, monkeypatch))
    assert problem.fatal
    assert "paging: offset" in problem.remedy
    assert problems(filled, monkeypatch, paging="offset") == []


def test_ranges_of_times_that_are_refused_are_no_obstacle(filled, monkeypatch):
    filled.access[CONNECTOR] = Access(no_ranges={(MODELS, "sys_updated_on")})
    problem = only(problems(filled, monkeypatch))
    assert not problem.fatal
    assert "whole listings" in problem.remedy


def test_an_instance_that_answers_misspelt_questions_with_everything_is_told(filled, monkeypatch):
    filled.manners.misspelt = Misspelt.WHOLE_TABLE
    found = problems(filled, monkeypatch)
    assert {problem.fatal for problem in found} == {False}
    assert all("glide.invalid_query.returns_no_rows" in problem.remedy for problem in found)
    assert UNKNOWN_COLUMN not in str(found)


def test_a_key_column_that_does_not_exist_is_found_by_the_whole_table_that_comes(filled, monkeypatch):
    filled.manners.misspelt = Misspelt.WHOLE_TABLE
    section = options(account=CONNECTOR)
    section["tables"]["model"]["table"] = VERSIONS
    section["tables"]["version"]["table"] = APPROVERS
    with make_adapter(filled, monkeypatch, section) as adapter:
        fatal = [problem for problem in adapter.check() if problem.fatal]
    assert any("u_external_key, the key's column" in problem.what for problem in fatal)


def test_a_missing_column_is_told_once_by_its_name(filled, monkeypatch):
    found = problems(filled, monkeypatch, fields=("u_purpose", "u_misspelt"))
    assert only(found).where == "servicenow.tables.model.fields.u_misspelt"


def test_records_that_are_announced_and_not_shown_are_a_lack_of_rights(filled, monkeypatch):
    filled.access[CONNECTOR] = Access(hides=lambda table, row: table == VERSIONS)
    problem = only(problems(filled, monkeypatch))
    assert problem.fatal
    assert VERSIONS in problem.remedy


def test_a_table_that_does_not_exist_is_told_with_the_place_to_correct(filled, monkeypatch):
    section = options(account=CONNECTOR)
    section["tables"]["version"]["table"] = "u_no_such_table"
    with make_adapter(filled, monkeypatch, section) as adapter:
        problem = only(adapter.check())
    assert problem.where == "servicenow.tables.version"
    assert "correct the table's name" in problem.remedy


def test_a_journal_that_is_hidden_is_told_with_what_to_do_instead(filled, monkeypatch):
    filled.access[CONNECTOR] = Access(hidden_tables={JOURNAL})
    problem = only(problems(filled, monkeypatch))
    assert not problem.fatal
    assert "token_field" in problem.remedy


def test_people_without_addresses_are_told(filled, monkeypatch):
    filled.access[CONNECTOR] = Access(hidden_columns={(USERS, "email")})
    assert "no e-mail address" in only(problems(filled, monkeypatch)).what


def test_a_reference_to_people_that_is_read_as_text_is_told_where_the_dictionary_is_shown(filled, monkeypatch):
    filled.access[CONNECTOR] = Access()
    section = options(account=CONNECTOR)
    section["tables"]["model"]["fields"] = {}
    with make_adapter(filled, monkeypatch, section) as adapter:
        found = adapter.check()
    assert {problem.where for problem in found} == {
        "servicenow.tables.model.u_model_owner",
        "servicenow.tables.model.u_developer_proposed",
    }
    assert all("user` under servicenow.tables.model.fields" in problem.remedy for problem in found)


def test_a_sleeping_instance_is_one_problem(filled, monkeypatch):
    filled.manners.shut = True
    assert len(problems(filled, monkeypatch)) == 1


def test_a_dictionary_that_is_hidden_leaves_something_unchecked_and_that_is_said(filled, monkeypatch):
    def untold():
        with make_adapter(filled, monkeypatch, options(account=CONNECTOR)) as adapter:
            return [problem for problem in adapter.check() if problem.where == UNTOLD]

    (note,) = untold()
    assert not note.fatal
    assert MODELS in note.what
    assert "sys_dictionary, sys_choice, sys_db_object" in note.remedy
    filled.access[CONNECTOR] = Access()
    assert untold() == []


# discover


def test_the_dictionary_tells_types_lengths_and_choices(filled, monkeypatch):
    filled.access[CONNECTOR] = Access()
    with make_adapter(filled, monkeypatch) as adapter:
        schema = adapter.discover()
    fields = {field.name: field for field in schema.entities[Entity.MODEL]}
    assert fields["u_purpose"] == SchemaField("u_purpose", "string", max_length=4000, label="Purpose")
    tier = fields["u_risk_classification"]
    assert (tier.type, tier.choices) == ("choice", ("1", "2", "3", "4"))
    assert tier.choice_labels[0] == "1 - Critical"
    issue = {field.name: field for field in schema.entities[Entity.ISSUE]}
    assert issue["short_description"].max_length == 160  # of the table that it extends
    assert not issue["number"].writable
    assert issue["state"].choices == ("0", "1", "2", "3", "4", "5")


def test_without_the_dictionary_a_record_tells_which_columns_there_are(filled, monkeypatch):
    with make_adapter(filled, monkeypatch) as adapter:
        schema = adapter.discover()
    fields = {field.name: field for field in schema.entities[Entity.MODEL]}
    assert fields["u_purpose"] == SchemaField("u_purpose", "string")
    assert not fields["sys_updated_on"].writable


def test_a_table_is_described_by_its_name(filled, monkeypatch):
    filled.access[CONNECTOR] = Access()
    with make_adapter(filled, monkeypatch) as adapter:
        (table, *others) = adapter.discover([VERSIONS]).containers
    assert (table.name, table.kind) == (VERSIONS, "table")
    assert "u_version" in {field.name for field in table.fields}
    assert all(other.fields == () for other in others)


@pytest.mark.parametrize("name", ["u_model_inventry", "a^b", "../x", "Model inventory"])
def test_a_table_that_does_not_exist_is_refused_with_the_nearest(filled, adapter, name):
    with pytest.raises(Rejected) as caught:
        adapter.discover([name])
    assert MODELS in str(caught.value) or "name" in str(caught.value)
