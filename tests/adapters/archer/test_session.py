"""One session for all: how it is taken, kept, taken back and given up."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from adapters.archer.options import SessionOptions
from adapters.archer.session import Account, LoginRefused, Personal, Session
from connector.model.errors import AuthError, Unreachable
from connector.model.fields import Entity
from connector.model.grc import Write
from tests.adapters.archer.platform import PASSWORD, TOKEN, test_options


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Server:
    """Hands out tokens, or refuses."""

    def __init__(self):
        self.logins = []
        self.refuses = False

    def __call__(self, account):
        self.logins.append(account)
        if self.refuses:
            raise LoginRefused("The login was refused.", remedy="look.")
        return f"token-{len(self.logins)}"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server():
    return Server()


def session(server, clock, password=lambda: "secret-1", **options):
    return Session(lambda: Account("svc", password()), server, SessionOptions(**options), clock)


def test_a_login_serves_until_it_is_lost(server, clock):
    one = session(server, clock)
    assert one.current() is one.current()
    assert one.current().headers == {"Authorization": 'Archer session-id="token-1"'}
    assert len(server.logins) == 1


def test_a_ticket_that_another_thread_renewed_is_not_renewed_again(server, clock):
    one = session(server, clock)
    lost = one.current()
    assert one.renew(lost).token == one.renew(lost).token == "token-2"
    assert len(server.logins) == 2


def test_a_session_taken_away_twice_within_the_time_is_given_up_for_that_time(server, clock):
    one = session(server, clock, relogin_seconds=30)
    ticket = one.renew(one.current())
    clock.now += 29
    with pytest.raises(AuthError, match="Another login ended the session of the account svc again, 29 s"):
        one.renew(ticket)
    with pytest.raises(AuthError, match="one per connection"):
        one.current()
    assert len(server.logins) == 2
    clock.now += 30
    assert one.current().token == "token-3"


def test_a_session_taken_away_at_intervals_is_taken_back_a_few_times(server, clock):
    one = session(server, clock, relogin_seconds=30, max_evictions=3, evictions_seconds=900)
    for _ in range(3):
        clock.now += 60
        one.renew(one.current())
        one.used()
    clock.now += 60
    with pytest.raises(AuthError, match="for the 4th time within 900 s"):
        one.renew(one.current())
    assert len(server.logins) == 4


def test_an_old_eviction_does_not_count(server, clock):
    one = session(server, clock, relogin_seconds=0, max_evictions=1, evictions_seconds=100, idle_seconds=1000)
    for _ in range(5):
        one.renew(one.current())
        clock.now += 101
    assert len(server.logins) == 6


def test_a_session_that_ended_by_idleness_was_taken_by_nobody(server, clock):
    one = session(server, clock, relogin_seconds=10_000, idle_seconds=600)
    for _ in range(5):
        ticket = one.current()
        clock.now += 600
        assert one.renew(ticket) is not ticket
    assert len(server.logins) == 6


def test_use_puts_idleness_off(server, clock):
    one = session(server, clock, relogin_seconds=10_000, idle_seconds=600)
    ticket = one.renew(one.current())
    clock.now += 599
    one.used()
    clock.now += 10
    with pytest.raises(AuthError, match="609 s after it was taken back"):
        one.renew(ticket)


def test_refused_credentials_are_sent_once_and_again_when_they_changed(server, clock):
    password = {"is": "wrong"}
    one = session(server, clock, lambda: password["is"])
    server.refuses = True
    for _ in range(5):
        with pytest.raises(AuthError):
            one.current()
    assert len(server.logins) == 1
    password["is"], server.refuses = "right", False
    assert one.current().token == "token-2"
    assert [account.password for account in server.logins] == ["wrong", "right"]


def test_a_login_that_could_not_be_sent_says_nothing_of_the_credentials(clock):
    def login(account):
        raise Unreachable("no connection")

    one = Session(lambda: Account("svc", "secret-1"), login, SessionOptions(), clock)
    for _ in range(2):
        with pytest.raises(Unreachable):
            one.current()


def test_a_session_that_is_surrendered_is_there_no_more(server, clock):
    one = session(server, clock)
    assert one.surrender() is None
    ticket = one.current()
    assert one.surrender() is ticket
    assert one.surrender() is None


def test_a_personal_token_is_read_again_and_never_renewed():
    token = {"is": "first"}
    one = Personal(lambda: token["is"])
    lost = one.current()
    with pytest.raises(AuthError, match="personal access token was refused"):
        one.renew(lost)
    token["is"] = "second"
    assert one.renew(lost).token == "second"
    assert one.surrender() is None


# On the instance.


def evict(simulator):
    """Log in elsewhere with the same account."""
    service = simulator.service
    assert simulator.sessions.login("BankGRC", service.username, "", service.password)


def test_many_threads_and_one_eviction_are_exactly_one_new_login(simulator, platform):
    ids = [platform.seed({"External_Key": f"k{n}"}) for n in range(12)]
    with platform.adapter() as adapter:
        adapter.get(Entity.MODEL, ids[0])
        assert simulator.sessions.logins == 1
        evict(simulator)
        start = threading.Barrier(12)

        def read(record_id):
            start.wait(10)
            return adapter.get(Entity.MODEL, record_id).id

        with ThreadPoolExecutor(12) as pool:
            assert list(pool.map(read, ids)) == ids
    assert simulator.sessions.logins == 3, "ours, the other's, and one to take it back"


@pytest.mark.parametrize("status", [500, 200])
def test_a_search_survives_an_eviction(simulator, platform, adapter, status):
    seeded = [platform.seed({"External_Key": f"k{n}"}) for n in range(9)]
    simulator.soap.session_fault = status
    listed = []
    for record in adapter.records(Entity.MODEL):
        listed.append(record.id)
        if len(listed) == 4:
            evict(simulator)
    assert listed == seeded
    assert simulator.sessions.logins == 3


def test_a_write_survives_an_eviction_and_is_done_once(simulator, platform, adapter):
    adapter.get(Entity.MODEL, platform.seed({"External_Key": "k"}))
    evict(simulator)
    record = adapter.create(Write(Entity.MODEL, None, {"External_Key": "new"}, key="new"))
    assert len(platform.stored()) == 2
    assert record.values["External_Key"] == "new"


def test_two_processes_with_one_account_do_not_log_each_other_out_for_ever(simulator, platform, adapter):
    record_id = platform.seed({"External_Key": "k"})
    with platform.adapter() as other:
        errors = []
        for _ in range(10):
            for one in (adapter, other):
                try:
                    one.get(Entity.MODEL, record_id)
                except AuthError as error:
                    errors.append(error)
    assert simulator.sessions.logins <= 6
    assert "Another login ended the session of the account svc_mlflow_grc" in str(errors[0])
    assert "one_off_auth" in errors[0].remedy


def test_a_wrong_password_is_sent_once_whatever_is_asked(simulator, platform):
    with platform.stranger() as stranger:
        for ask in (
            lambda: list(stranger.records(Entity.MODEL)),
            lambda: stranger.get(Entity.MODEL, "1"),
            stranger.check,
        ):
            with suppress(AuthError):
                ask()
    assert simulator.sessions.logins == 1
    assert not simulator.sessions.locked(simulator.service.id)


def test_threads_with_a_wrong_password_are_one_login(simulator, platform):
    with platform.stranger() as stranger, ThreadPoolExecutor(8) as pool:
        for result in [pool.submit(stranger.get, Entity.MODEL, "1") for _ in range(8)]:
            with pytest.raises(AuthError):
                result.result()
    assert simulator.sessions.logins == 1


def test_closing_logs_out(simulator, platform):
    with platform.adapter() as adapter:
        list(adapter.records(Entity.MODEL))
        assert simulator.sessions._sessions
    assert not simulator.sessions._sessions


def test_closing_what_never_logged_in_sends_nothing(simulator, platform):
    with platform.adapter() as adapter:
        pass
    assert adapter.requests_sent == 0


def test_a_personal_token_logs_in_never(simulator, platform):
    platform.seed({"External_Key": "k"})
    with platform.token_adapter() as adapter:
        assert len(list(adapter.records(Entity.MODEL))) == 1
        evict(simulator)
        assert len(list(adapter.records(Entity.MODEL))) == 1
    assert simulator.sessions.logins == 1, "the other's"


def test_a_personal_token_that_is_refused_ends_the_run(simulator, platform, monkeypatch):
    monkeypatch.setenv(TOKEN, "no-such-token")
    with platform.adapter(auth={"type": "bearer", "token": {"env": TOKEN}}) as adapter:
        with pytest.raises(AuthError, match="personal access token"):
            adapter.get(Entity.MODEL, "1")
        with pytest.raises(AuthError, match="personal access token"):
            list(adapter.records(Entity.MODEL))


def test_another_kind_of_auth_is_refused_with_what_to_give(platform):
    from connector.model.errors import ConfigError

    with pytest.raises(ConfigError, match="no auth of type api_key") as caught:
        platform.adapter(auth={"type": "api_key", "key": {"env": PASSWORD}})
    assert "bearer" in caught.value.remedy


def test_a_wrong_instance_is_a_refused_login(simulator, platform):
    section = test_options(instance="Elsewhere")
    with (
        platform.adapter(section=section) as adapter,
        pytest.raises(AuthError, match="at instance Elsewhere was refused"),
    ):
        adapter.get(Entity.MODEL, "1")
