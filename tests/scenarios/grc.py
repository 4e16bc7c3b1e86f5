"""What a platform gives to the stories: its simulator, how the connector reaches it, and people at work in it.

A platform has one :class:`GrcSide` (``tests/simulators/<platform>/side.py``) and one line in
:mod:`tests.scenarios.platforms`. Stories speak the mock GRC's vocabulary and no other: kinds ``models``, ``versions``,
``issues``, ``users``; the names and values of ``connector/mock/catalog.py`` (``tier="2 - High"``,
``approval_status="Pending Approval"``). The side translates both ways by a table of its own that shares nothing with
``mappings/<platform>.yaml``, so that a mistake in one shows against the other.

=========  ==============================================================================================
kind       fields that stories use; a tenant has a place for each
=========  ==============================================================================================
models     external_key connector_instance registry_name registry_created (integer) governed_version
           description purpose limitations (list) tier tier_confirmed_on (date) tier_override_reason
           allowed_changes model_owner (user) developer_proposed (user) lifecycle_status, and the approval
           fields below, empty until they are set
versions   the first four, model (id of the model's record) version description assumptions
           validation_status compliance_review approval_status (a new one holds ``Not Submitted``)
           approved_by (user) approval_date approval_expiry (dates) conditions
issues     number title severity state due_date assignee (user) model version (record ids); a new one is
           ``Open``
=========  ==============================================================================================

Values are plain: a text, an integer, ``2026-03-31``, a user's e-mail, a record's id, a list of texts. Empty is None,
of a list ``[]``; an empty text that a person sets is empty too. Texts may have 4,000 characters, any Unicode, and keep
their case.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeAlias

from adapters.base import Adapter
from connector.mock.faults import Faults
from connector.mock.requestlog import RequestLog
from tests.engine.world import OFFICER
from tests.simulators.base import WRITES, Call, Hook, Simulator

PEOPLE = (
    OFFICER,
    "admin@bank.example",
    "head.retail@bank.example",
    "head.fraud@bank.example",
    "data.scientist@bank.example",
)
"""Who has an account on the platform, beside the connector's own: the officer may do everything that people do in
these stories (edit, create, decide, raise issues, comment, delete). ``nobody@bank.example`` has none.
"""

Row: TypeAlias = dict[str, Any]
"""A record in the mock's vocabulary, with ``id``, ``updated_at`` (ISO 8601, UTC, by the simulator's clock) and every
field of its kind in the table above. A copy of the moment.
"""


@dataclass(frozen=True, slots=True)
class Access:
    """How the connector reaches the platform, as a connection of ``mlflow-grc.yaml`` says it. Retries and time-out are
    the harness's: ``http`` has what comes beside them (``ca_bundle``, or ``rate_limit: null`` where the adapter sets
    itself one).
    """

    url: str
    auth: Mapping[str, Any]
    http: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a story asks of its mapping. Names of fields in ``more`` and ``without`` are canonical
    (``mappings/inventory.yaml``).

    Every mapping has these model fields: description purpose limitations risk_classification tier_confirmed_on
    tier_override_reason allowed_changes model_owner lifecycle_status; of versions (mode ``records``): description
    assumptions validation_status compliance_review; of approvals (on the version's record, or as ``version_fields``
    of the model's): approval_status approved_by approval_expiry conditions; of issues, with comments: number title
    severity state due assignee. A model is retired by ``lifecycle_status: decommissioned``, a version by nothing.
    Nothing else is mapped: what a story counts would change.
    """

    mode: str = "records"
    """``records``, ``governed`` or ``none``, as ``versions`` of a mapping."""
    page_size: int = 4
    """How many records a page of a listing asks for; stories with few records on several pages need it kept."""
    conditional: bool = False
    """Updates carry the precondition that the platform has; a platform that always has one may ignore this."""
    more: str = ""
    """One more model field, named alike in the inventory and in the mock: ``developer_proposed``."""
    without: frozenset[str] = frozenset()
    """Model fields that are left out."""
    moved: tuple[tuple[str, str], ...] = ()
    """Model fields that stand in another one's column, as (canonical field, the mock's name of the column):
    ``("purpose", "tier_override_reason")``. The field whose column it was is then ``without``.
    """


class Person(Protocol):
    """Somebody at work on the platform, in the tenant itself: never through HTTP, so that no fault, hook or log sees
    it. Every method is one step that no request comes between (the tenant's lock), may be called from a hook (while a
    request waits), and raises any exception where the platform would refuse.
    """

    def record(self, record_id: str) -> Row:
        """One record."""
        ...

    def records(self, kind: str, **filters: str) -> list[Row]:
        """All records of a kind, in the order in which they were created, whose fields equal the filters."""
        ...

    def create(self, kind: str, **fields: Any) -> Row:
        """Add a record. Nothing but what a person can enter: also a key that another record has."""
        ...

    def patch(self, record_id: str, **fields: Any) -> Row:
        """Change fields; None empties one. Nothing that is equal already counts as a change."""
        ...

    def decide(self, record_id: str, decision: str, **details: Any) -> Row:
        """Decide on a version's record, or on a model's for its governed version: ``approved``, ``conditional``,
        ``provisional``, ``rejected``. Sets approval_status, approval_date and, where it permits, approved_by (this
        person), conditions (``conditions=``) and approval_expiry (``expiry=``); these are emptied where it does not.
        """
        ...

    def raise_issue(
        self, title: str, *, severity: str = "High", model: str | None = None, version: str | None = None, **fields: Any
    ) -> Row:
        """Open an issue on a model, or on one version (then of its model too); ``due_date``, ``assignee`` at will."""
        ...

    def close_issue(self, issue_id: str) -> Row:
        """Close an issue."""
        ...

    def reopen_issue(self, issue_id: str) -> Row:
        """Open a closed issue again."""
        ...

    def comment(self, issue_id: str, text: str) -> Mapping[str, Any]:
        """Comment on an issue."""
        ...

    def comments(self, issue_id: str) -> Sequence[Mapping[str, Any]]:
        """The comments of an issue, oldest first, each with ``text`` and ``author`` (e-mail)."""
        ...

    def delete(self, record_id: str) -> None:
        """Delete a record for good."""
        ...


class GrcSide(ABC):
    """A platform as the stories see it: one simulator for the whole session, emptied by ``load`` for each story.

    ``faults`` are added in common words, and the simulator answers them as its platform would::

        faults.add("status", method="create", status=429, retry_after=7)      any create, once
        faults.add("status", method="get", path=f"models/{id}", status=403, count=None)
        faults.add("status", method="list", path="models", skip=2, count=None)   from page 3 on
        faults.add("normalise", path="models*", field="purpose", how="upper")

    ``method`` is a glob over :class:`~tests.simulators.base.Verb`, ``path`` one over ``Call.path``; ``field`` is the
    mock's name. ``hooks`` are called with each :class:`~tests.simulators.base.Call` of the connector before it is
    carried out, in a thread that is not the story's.

    What the connector asks for is told like this. A page of a listing is one ``list``; reading by id is ``get``, by
    key ``find`` (``list`` where the platform can only list); metadata is ``describe``, a login ``login``. A write is
    one ``create``, ``update`` or ``comment`` with the ``values`` that it really carried, all of them and no other:
    stories compare them whole. ``id`` of an ``update`` is the record's, of a ``comment`` the issue's, of a ``create``
    empty. A batch is told as its calls, in order. Whatever else may change something is told as an ``update`` of no
    kind: no write is left out.
    """

    name: ClassVar[str]
    """The platform's, as in :mod:`tests.scenarios.platforms`."""
    adapter: ClassVar[type[Adapter]]
    inexpressible: ClassVar[Mapping[str, str]] = {}
    """What the platform cannot express: the name of a story's test (``test_66_the_risk_class``, with ``[id]`` behind it
    for one of several parameters) and why, for somebody who knows the platform. Nothing that the simulator merely does
    not do yet.
    """
    has_pages: ClassVar[bool] = True
    """Whether a record has a page for people whose address (with the record's id in it) the adapter tells."""
    lists_by_id: ClassVar[bool] = False
    """Whether records are listed in the order of their ids rather than in the one in which they were created."""
    lists_newest_first: ClassVar[bool] = False
    """Whether the record that was written last is the first of a listing."""
    splits_writes: ClassVar[bool] = False
    """Whether one write may be several requests. What follows the first (fields that stand in another table) is told as
    ``update`` of the same kind and record, after a ``create`` with an empty id; what only prepares it (an entry that
    nobody sees before it is tied to its issue) as ``update`` of no kind. The log shows one write with the values of
    all; a preparation that nothing follows stays in it.
    """

    simulator: Simulator
    """Made in ``__init__`` with the clock that ``__init__`` is given, started and stopped by the harness."""

    @abstractmethod
    def __init__(self, clock: Callable[[], Any]) -> None:
        """Make the simulator, with :data:`PEOPLE` and the connector's account in it and no other record. ``clock``
        gives an aware datetime and may go backwards.
        """

    @abstractmethod
    def access(self, directory: Path) -> Access:
        """How the connector signs in; secrets by ``{"file": ...}`` in ``directory``. Called for each new process."""

    @abstractmethod
    def write_mapping(self, directory: Path, wanted: Mapped) -> Path:
        """Write a mapping into ``directory``, which is empty, and return its path. Each is written once a session."""

    @abstractmethod
    def as_user(self, email: str) -> Person:
        """One of :data:`PEOPLE`."""

    # what stands there

    @abstractmethod
    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        """Every record of models, versions and issues by id, without time stamps, revisions and who changed it last:
        two tellings of one story, one of them interrupted, give the same.
        """

    @abstractmethod
    def history(self) -> Iterable[Hashable]:
        """Every change that was ever stored, in any order and without its time: (record id, ``create``, ``update``,
        ``delete``, ..., field, old value, new value, user's e-mail), values as JSON texts. A write that is repeated,
        or undone and done again, has to show here. The platform's own audit, where it keeps one.
        """

    @abstractmethod
    def durable(self) -> Hashable:
        """Differs from the last answer whenever a record or a comment changed: the killer dies there. Cheap: it is
        asked hundreds of times in a story (the length of the history and the number of comments).
        """

    @abstractmethod
    def dump(self) -> str:
        """Everything stored, as JSON: records, comments, history, and the counters that ids are made from. After
        ``load`` the next record gets the id that it got when it was first created after this dump: stories told
        twice are compared id by id. Sessions and tokens are no part of it.
        """

    @abstractmethod
    def load(self, dump: str) -> None:
        """Replace everything stored by what ``dump`` gave; sessions may stay or end. Milliseconds: it is done for each
        story, and for each point at which one is interrupted.
        """

    # what nobody does by hand

    @abstractmethod
    def touch(self, record_id: str) -> None:
        """Bump a record's revision and time stamp and change nothing, as a bulk job does."""

    @abstractmethod
    def reid(self, record_id: str) -> str:
        """Give a record another id, as a migration does, and return it; references and comments follow."""

    @abstractmethod
    def import_values(self, record_id: str, **fields: Any) -> None:
        """Store values as a bulk import does, past the checks of a form: ``tier="0 - Systemic"`` is a choice that no
        mapping names (in a tenant whose choices are ids: one that was added to the list).
        """

    @abstractmethod
    def hide(self, record_id: str) -> None:
        """Leave a record out of listings and searches, as access rules do, until :meth:`calm`. Reading it by id goes
        on as before (the story adds a fault for that).
        """

    # the same for all

    @property
    def url(self) -> str:
        """The address of the running simulator."""
        return self.simulator.url

    @property
    def faults(self) -> Faults:
        """The faults in force."""
        return self.simulator.faults

    @property
    def hooks(self) -> list[Hook]:
        """What sees each call of the connector first."""
        return self.simulator.hooks

    @property
    def requests(self) -> RequestLog:
        """The requests so far, by their real method and path."""
        return self.simulator.requests

    @property
    def calls(self) -> list[Call]:
        """What the connector asked for so far."""
        return self.simulator.calls

    def calm(self) -> None:
        """End faults and hooks, forget what was asked. Extend it to show what :meth:`hide` hid."""
        self.faults.clear()
        self.hooks.clear()
        self.requests.clear()
        self.calls.clear()


def is_write(call: Call) -> bool:
    """Whether a call may change something."""
    return call.verb in WRITES
