"""Adapters that are each broken in one way, as a hurried author might break them, with the clause that notices.

All but the broken part is the declarative adapter, which keeps the contract.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace

from pydantic import BaseModel

from adapters.base import Capability
from adapters.http import HttpAdapter
from connector.model.errors import (
    AuthError,
    Conflict,
    DuplicateKey,
    IncompleteSnapshot,
    OutcomeUnknown,
    Rejected,
)
from connector.model.fields import Entity
from connector.model.grc import Comment, Found, Outcome, Problem, Record, Schema, Write

CAUGHT_BY: dict[str, list[type[HttpAdapter]]] = {}
"""Broken adapters by the name of the conformance test that fails for them."""


def caught_by(test: str) -> Callable[[type[HttpAdapter]], type[HttpAdapter]]:
    def note(broken):
        CAUGHT_BY.setdefault(test, []).append(broken)
        return broken

    return note


# Listing


@caught_by("test_listing_of_nothing_is_empty")
class ShowsATemplateRecord(HttpAdapter):
    def records(self, entity, since=None):
        yield Record(entity, "template")
        yield from super().records(entity, since)


@caught_by("test_listing_is_complete_over_several_pages")
class StopsAfterTheFirstPage(HttpAdapter):
    def records(self, entity, since=None):
        yield from itertools.islice(super().records(entity, since), 4)


@caught_by("test_listing_is_complete_over_several_pages")
class ListsSomeRecordsTwice(HttpAdapter):
    def records(self, entity, since=None):
        for record in super().records(entity, since):
            yield record
            if record.id.endswith("4"):
                yield record


@caught_by("test_listed_records_carry_native_values")
class TidiesTexts(HttpAdapter):
    def records(self, entity, since=None):
        for record in super().records(entity, since):
            values = {name: " ".join(v.split()) if isinstance(v, str) else v for name, v in record.values.items()}
            yield replace(record, values=values)


@caught_by("test_a_listing_tells_each_key_whole")
class CutsLongKeys(HttpAdapter):
    def records(self, entity, since=None):
        for record in super().records(entity, since):
            key = record.values.get("external_key")
            yield replace(record, values={**record.values, "external_key": key[:20] if key else key})


@caught_by("test_each_listing_is_fresh")
class RemembersListings(HttpAdapter):
    def records(self, entity, since=None):
        self.seen = getattr(self, "seen", None) or list(super().records(entity, since))
        yield from self.seen


@caught_by("test_an_entity_without_declaration_yields_nothing")
class FailsForUnknownEntities(HttpAdapter):
    def records(self, entity, since=None):
        if entity is Entity.USER:
            raise KeyError(entity)
        return super().records(entity, since)


@caught_by("test_incremental_listing_has_what_changed")
class ReadsNothingThatChanged(HttpAdapter):
    def records(self, entity, since=None):
        return iter(()) if since else super().records(entity)


@caught_by("test_a_listing_that_fails_midway_is_incomplete")
class TakesAFailureForTheEnd(HttpAdapter):
    def records(self, entity, since=None):
        try:
            yield from super().records(entity, since)
        except IncompleteSnapshot:
            return


# One record


@caught_by("test_get_reads_the_record_afresh")
class RemembersRecords(HttpAdapter):
    def get(self, entity, record_id):
        known = self.__dict__.setdefault("known", {})
        return known.setdefault(record_id, super().get(entity, record_id))


@caught_by("test_get_of_a_deleted_record_is_none")
class FailsForWhatIsGone(HttpAdapter):
    def get(self, entity, record_id):
        found = super().get(entity, record_id)
        if found is None:
            raise Rejected("not found")
        return found


@caught_by("test_find_takes_any_key_as_it_is")
class SendsKeysUnescaped(HttpAdapter):
    def find(self, entity, key):
        return super().find(entity, key.partition("&")[0].partition("?")[0])


@caught_by("test_find_compares_whole_keys")
class FindsByTheStart(HttpAdapter):
    def find(self, entity, key):
        return next((r for r in self.records(entity) if str(r.values["external_key"]).startswith(key)), None)


@caught_by("test_find_looks_beyond_the_first_page")
class FindsOnTheFirstPage(HttpAdapter):
    def find(self, entity, key):
        return next((r for r in itertools.islice(self.records(entity), 4) if r.values["external_key"] == key), None)


@caught_by("test_find_is_never_older_than_the_call")
class FindsInAnOldListing(HttpAdapter):
    def find(self, entity, key):
        listed = self.__dict__.setdefault("listed", None) or list(self.records(entity))
        self.listed = listed or [None]
        return next((r for r in listed if r is not None and r.values["external_key"] == key), None)


@caught_by("test_several_questions_are_answered_in_order")
class AnswersInItsOwnOrder(HttpAdapter):
    def look_up(self, lookups):
        yield from super().look_up(sorted(lookups, key=lambda lookup: lookup.key or ""))


@caught_by("test_among_several_questions_an_error_of_one_does_not_stop_the_next")
class StopsAnsweringAtAnError(HttpAdapter):
    def look_up(self, lookups):
        for lookup in lookups:
            yield Found(
                lookup, self.find(lookup.entity, lookup.key) if lookup.key else self.get(lookup.entity, lookup.id)
            )


@caught_by("test_a_key_on_two_records_is_an_error_that_names_them")
class TakesTheFirstOfTwins(HttpAdapter):
    def find(self, entity, key):
        try:
            return super().find(entity, key)
        except DuplicateKey as error:
            return self.get(entity, error.ids[0])


# Writing


@caught_by("test_create_returns_the_record_as_it_is_kept")
class CreatesWithoutAnId(HttpAdapter):
    def create(self, write):
        return replace(super().create(write), id="new")


@caught_by("test_update_changes_the_given_fields_alone")
class ClearsWhatIsNotGiven(HttpAdapter):
    def update(self, write):
        return super().update(replace(write, values={"assumptions": None, **write.values}))


@caught_by("test_update_shows_what_others_changed_meanwhile")
class ReturnsWhatItKnew(HttpAdapter):
    def create(self, write):
        self.made = super().create(write)
        return self.made

    def update(self, write):
        done = super().update(write)
        return replace(done, values={**self.made.values, **write.values}) if hasattr(self, "made") else done


@caught_by("test_update_with_none_empties_the_field")
class LeavesOutWhatIsEmpty(HttpAdapter):
    def update(self, write):
        return super().update(replace(write, values={n: v for n, v in write.values.items() if v is not None}))


@caught_by("test_a_rewritten_value_shows_as_it_was_stored")
class EchoesWhatWasSent(HttpAdapter):
    def create(self, write):
        made = super().create(write)
        return replace(made, values={**made.values, **write.values})


@caught_by("test_a_stale_revision_is_a_conflict")
class WritesOverTheirs(HttpAdapter):
    def update(self, write):
        try:
            return super().update(write)
        except Conflict:
            return super().update(replace(write, revision=None))


@caught_by("test_a_record_that_is_gone_is_not_made_again_by_an_update")
class MakesItAgain(HttpAdapter):
    def update(self, write):
        try:
            return super().update(write)
        except Rejected:
            return self.create(replace(write, id=None))


@caught_by("test_a_refused_value_is_rejected_and_nothing_is_made")
class DropsWhatIsRefused(HttpAdapter):
    def create(self, write):
        try:
            return super().create(write)
        except Rejected as error:
            kept = {name: value for name, value in write.values.items() if name != error.field}
            return super().create(replace(write, values=kept))


@caught_by("test_one_refused_write_does_not_stop_the_others")
class StopsAtTheFirstRefusal(HttpAdapter):
    def write(self, writes):
        for write in writes:
            yield Outcome(write, record=self.create(write) if write.id is None else self.update(write))


@caught_by("test_a_lost_answer_is_an_unknown_outcome_and_sent_once")
class SendsAgainBlindly(HttpAdapter):
    def create(self, write):
        try:
            return super().create(write)
        except OutcomeUnknown:
            return super().create(write)


@caught_by("test_requests_are_counted")
class CountsNothing(HttpAdapter):
    requests_sent = 0


@caught_by("test_several_threads_may_write")
class SharesItsWrite(HttpAdapter):
    def __init__(self, settings):
        super().__init__(settings)
        self.two_at_once = threading.Barrier(2)

    def create(self, write):
        self.write_in_hand = write
        self.two_at_once.wait(timeout=30)
        return super().create(self.write_in_hand)


# Comments


@caught_by("test_a_comment_is_found_again_by_its_token")
class ShowsItsMark(HttpAdapter):
    def comments(self, issue_id):
        return [replace(one, text=f"[{one.token}] {one.text}") for one in super().comments(issue_id)]


@caught_by("test_a_comment_is_posted_once")
class CommentsAgain(HttpAdapter):
    def comment(self, issue_id, text, token):
        there = len(self.comments(issue_id))
        super().comment(issue_id, text, f"{token}.{there}")
        return replace(self.comments(issue_id)[-1], token=token)


@caught_by("test_comments_differ_by_token_and_come_oldest_first")
class NewestFirst(HttpAdapter):
    def comments(self, issue_id):
        return list(reversed(super().comments(issue_id)))


@caught_by("test_comments_of_people_have_no_token")
class TakesEveryCommentForItsOwn(HttpAdapter):
    def comments(self, issue_id):
        return [replace(one, token=one.token or "") for one in super().comments(issue_id)]


@caught_by("test_a_comment_whose_answer_is_lost_is_posted_once")
class CallsALostCommentPosted(HttpAdapter):
    def comment(self, issue_id, text, token):
        try:
            return super().comment(issue_id, text, token)
        except OutcomeUnknown:
            return Comment("?", text, token=token)


@caught_by("test_without_the_capability_a_comment_is_rejected")
class SwallowsComments(HttpAdapter):
    capabilities = frozenset()

    def __init__(self, settings):
        super().__init__(settings)
        self.capabilities = self.capabilities - {Capability.COMMENTS}

    def comment(self, issue_id, text, token):
        return Comment("1", text, token=token)


# Failure


@caught_by("test_making_an_adapter_sends_nothing")
class LooksBeforeItIsAsked(HttpAdapter):
    def __init__(self, settings):
        super().__init__(settings)
        self.check()


@caught_by("test_refused_credentials_end_the_run")
class TakesARefusalForAbsence(HttpAdapter):
    def get(self, entity, record_id):
        try:
            return super().get(entity, record_id)
        except AuthError:
            return None


@caught_by("test_check_reports_refused_credentials")
class IsAlwaysContent(HttpAdapter):
    def check(self):
        return []


@caught_by("test_check_has_nothing_fatal_to_say_of_a_good_platform")
class CriesWolf(HttpAdapter):
    def check(self):
        return [*super().check(), Problem("x", "this could go wrong", "none")]


@caught_by("test_check_has_nothing_fatal_to_say_of_a_good_platform")
class ChecksByWriting(HttpAdapter):
    def check(self):
        self.create(Write(Entity.MODEL, None, {"external_key": "probe"}, key="probe"))
        return super().check()


@caught_by("test_discovered_fields_include_the_mapped_ones")
class DescribesHalf(HttpAdapter):
    def discover(self, containers=()):
        found = super().discover(containers).entities
        return Schema({entity: tuple(f for f in fields if f.name != "purpose") for entity, fields in found.items()})


@caught_by("test_the_class_has_a_name_and_strict_options")
class TakesAnyOption(HttpAdapter):
    class Options(BaseModel):
        pass
