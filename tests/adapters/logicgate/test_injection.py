"""Names and values that mean something to a parser pass through unchanged, and widen no query."""

from contextlib import suppress

import pytest

from connector.model.errors import Rejected
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.logicgate.platform import KEY, PURPOSE, client_credentials
from tests.simulators.base import WRITES, Verb

ODD = (
    "a \"quoted\" \\ back 'slash'",
    "line one\nline two\r\nline three\ttab",
    "emoji 😀 and 模型 and \u202e right to left",
    "<b>bold</b> &amp; ]]> <!-- -->",
    "a&size=1&page=9#?x=%2e%2e",
    '[{"fieldId": "x", "values": []}]',
    "{site}/${HOME}/{id}",
    "^NQactive=true^ORDERBYid",
    "x" * 250,
    "😀" * 250,
    "  leading and trailing  ",
)


@pytest.mark.parametrize("text", ODD, ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_texts_are_kept_as_they_are(platform, adapter, text):
    made = adapter.create(Write(Entity.MODEL, None, {KEY: text, "Name in Registry": text, PURPOSE: text}, key=text))
    assert {made.values[name] for name in (KEY, "Name in Registry", PURPOSE)} == {text}
    assert platform.stored()[made.id][PURPOSE] == text
    platform.seed({KEY: "another"})
    assert adapter.find(Entity.MODEL, text).id == made.id
    changed = adapter.update(Write(Entity.MODEL, made.id, {"Assumptions": text}))
    assert changed.values["Assumptions"] == text
    issue = platform.seed_issue()
    assert adapter.comment(issue, text.replace("\r\n", "\n").strip(), text).token == text


@pytest.mark.parametrize("record_id", ["../../v1/records/x", "x?size=1", "x/linked", "%2e%2e", "", "x#y", "a b"])
def test_an_id_is_one_part_of_the_address(simulator, platform, adapter, record_id):
    """What a server makes of it is not found, or refused: never another record, nor another list."""
    platform.seed({KEY: "k"})
    (outcome,) = adapter.write([Write(Entity.MODEL, record_id, {PURPOSE: "x"}, revision="then")])
    assert isinstance(outcome.error, Rejected)
    assert not {call.verb for call in simulator.calls} & {*WRITES, Verb.FIND}
    with suppress(Rejected):
        assert adapter.get(Entity.MODEL, record_id) is None


def test_a_secret_with_odd_characters_signs_in(simulator, platform, tmp_path):
    odd = "pä:ss wörd/%+&\"'"
    simulator.tokens._clients["mlflow-grc@bank.example"] = (simulator.client_id, odd)
    try:
        with platform.adapter(client_credentials(tmp_path, simulator, odd)) as adapter:
            assert list(adapter.records(Entity.MODEL)) == []
    finally:
        simulator.tokens._clients["mlflow-grc@bank.example"] = (simulator.client_id, simulator.client_secret)
