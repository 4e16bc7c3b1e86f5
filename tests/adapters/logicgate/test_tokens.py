"""The token: fetched once for all threads, once more when it was rolled, and then no more."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from connector.model.errors import AuthError
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.logicgate.platform import KEY, PURPOSE, client_credentials
from tests.simulators.base import Verb

CONNECTOR = "mlflow-grc@bank.example"


def logins(simulator):
    return sum(call.verb is Verb.LOGIN for call in simulator.calls)


def test_threads_share_one_token_and_one_renewal(simulator, platform, adapter):
    """A token that is rolled while eight threads read and write costs one more login, and no write is sent twice."""
    made = [platform.seed({KEY: f"k{number}"}) for number in range(8)]
    barrier = Barrier(8, action=simulator.roll_token)

    def work(record_id):
        adapter.get(Entity.MODEL, record_id)
        barrier.wait(10)
        return adapter.update(Write(Entity.MODEL, record_id, {PURPOSE: record_id}))

    with ThreadPoolExecutor(8) as pool:
        records = list(pool.map(work, made))
    assert [record.values[PURPOSE] for record in records] == made
    assert logins(simulator) == 2
    updates = [one for one in simulator.store.history() if one.action == "update"]
    assert len(updates) == 8


@pytest.mark.parametrize("body", ["empty", "html", "json"])
def test_a_rolled_token_is_fetched_anew_and_the_request_repeated_once(simulator, platform, adapter, body):
    simulator.manners.unauthorized = body
    record_id = platform.seed({KEY: "k"})
    adapter.get(Entity.MODEL, record_id)
    simulator.roll_token()
    assert adapter.update(Write(Entity.MODEL, record_id, {PURPOSE: "new"})).values[PURPOSE] == "new"
    assert logins(simulator) == 2


def test_a_token_that_is_refused_anew_ends_the_run(simulator, platform, adapter):
    """The login succeeds and what it hands out is of no use: two tries, and a clear word."""
    record_id = platform.seed({KEY: "k"})
    simulator.faults.add("status", method="get", status=401, count=None)
    with pytest.raises(AuthError, match="was answered 401") as caught:
        adapter.get(Entity.MODEL, record_id)
    assert "credentials" in caught.value.remedy
    assert (logins(simulator), sum(call.verb is Verb.GET for call in simulator.calls)) == (2, 2)


def test_a_wrong_secret_is_one_login_for_all_threads(simulator, platform):
    platform.seed({KEY: "k"})

    def refused(_):
        with pytest.raises(AuthError, match="The login failed"):
            list(adapter.records(Entity.MODEL))
        return True

    with platform.stranger() as adapter, ThreadPoolExecutor(8) as pool:
        assert all(pool.map(refused, range(8)))
    assert logins(simulator) < 8


def test_a_static_token_is_taken_as_it_is_and_ends_for_good(simulator, platform, tmp_path):
    record_id = platform.seed({KEY: "k"})
    file = tmp_path / "token"
    file.write_text(simulator.token)
    with platform.adapter({"type": "bearer", "token": {"file": str(file)}}) as adapter:
        assert adapter.get(Entity.MODEL, record_id) is not None
        simulator.roll_token()
        with pytest.raises(AuthError):
            adapter.get(Entity.MODEL, record_id)
        # A mounted secret that was renewed is read again.
        file.write_text(simulator.token)
        assert adapter.get(Entity.MODEL, record_id) is not None
    assert logins(simulator) == 0


def test_what_is_left_of_the_token_is_what_the_server_says(simulator, platform, adapter):
    """Never a year from now: the call may hand back a token that is old already."""
    simulator.tokens.expire_in(CONNECTOR, 3 * 86_400)
    platform.seed({KEY: "k"})
    problems = {problem.where: problem for problem in adapter.check()}
    assert "LogicGate's token ends in 3 days" in problems["credentials"].what
    assert not problems["credentials"].fatal


def test_a_token_about_to_end_is_fetched_before_it_does(simulator, platform, adapter):
    simulator.tokens.expire_in(CONNECTOR, 20)
    record_id = platform.seed({KEY: "k"})
    adapter.get(Entity.MODEL, record_id)
    credentials = adapter._wire._client._credentials
    real = credentials._clock
    credentials._clock = lambda: real() + 11
    adapter.get(Entity.MODEL, record_id)
    assert logins(simulator) == 2


def test_the_token_call_has_no_body(simulator, platform, tmp_path):
    """What other servers want, a form, this one refuses."""
    auth = client_credentials(tmp_path, simulator)
    with platform.adapter({**auth, "send": "basic"}) as adapter, pytest.raises(AuthError, match="must have no body"):
        list(adapter.records(Entity.MODEL))
