"""Whatever people do to the tags, and whatever is lost: after a cycle the gate says what the GRC says."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.attest.verdict import Asked, judge
from connector.mock import MockGrc
from tests.engine.attesting import TAGS, Signing
from tests.fakes.registry import InProcessRegistry

LABELS = ("Approved", "Rejected", "Withdrawn", "Pending Approval", "Approved with Conditions")
VERSIONS = ("1", "2")
ACTIONS = st.one_of(
    st.tuples(st.just("decide"), st.sampled_from(VERSIONS), st.sampled_from(LABELS)),
    st.tuples(st.just("replay"), st.sampled_from(VERSIONS), st.integers(0, 50)),
    st.tuples(st.just("move"), st.sampled_from(VERSIONS), st.integers(0, 50)),
    st.tuples(st.just("remove"), st.sampled_from(VERSIONS), st.integers(1, 2)),
    st.tuples(st.just("type"), st.sampled_from(VERSIONS), st.sampled_from(["", "approved", "7:1/1:{}"])),
    st.tuples(st.just("wait"), st.just("1"), st.integers(1, 9)),
    st.tuples(st.just("lose state"), st.just("1"), st.just(0)),
    st.tuples(st.just("sync"), st.just("1"), st.just(0)),
)


class Game:
    """Two versions, all attestations that were ever seen, and what the GRC holds of each version."""

    def __init__(self, directory: Path) -> None:
        registry = InProcessRegistry()
        self.world = Signing(directory, MockGrc(), registry, registry.author).begin()
        self.world.author.create_version("credit")
        self.status = dict.fromkeys(VERSIONS, "Not Submitted") | {"1": "Approved"}
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.sync()

    def sync(self) -> None:
        self.world.sync()
        for version in VERSIONS:
            self.seen.append((version, self.world.attestation(version=version)))
            assert self.passes(version) == (self.status[version] == "Approved")

    def passes(self, version: str) -> bool:
        asked = Asked(TAGS, self.world.how.trusted, self.world.now, self.world.keys.registry_id)
        return judge(asked, *self.world.seen(version=version)).passed

    def put(self, version: str, tags: dict[str, str]) -> None:
        for key in self.world.attestation(version=version):
            self.world.author.delete_tag("credit", key, version)
        for key, text in tags.items():
            self.world.author.set_tag("credit", key, text, version)

    def play(self, what: str, version: str, more: str | int) -> None:
        world = self.world
        if what == "decide":
            world.decide(str(more), version=version)
            self.status[version] = str(more)
        elif what in ("replay", "move"):
            own = [tags for of, tags in self.seen if (of == version) == (what == "replay")]
            self.put(version, own[int(more) % len(own)])
            assert not self.passes(version) or (what == "replay" and world.attestation(version=version))
        elif what == "remove":
            world.author.delete_tag("credit", f"grc_attestation_{more}", version)
        elif what == "type":
            world.author.set_tag("credit", "grc_attestation_1", str(more), version)
            assert not self.passes(version)
        elif what == "wait":
            world.now += timedelta(days=int(more))
        elif what == "lose state":
            world.lose_state()
        else:
            self.sync()


@settings(max_examples=40)
@given(actions=st.lists(ACTIONS, max_size=10))
def test_after_a_cycle_the_gate_says_what_the_grc_says(actions: list[tuple[str, str, str | int]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        game = Game(Path(directory))
        try:
            for what, version, more in actions:
                game.play(what, version, more)
            game.sync()
            game.sync()
        finally:
            game.world.close()
