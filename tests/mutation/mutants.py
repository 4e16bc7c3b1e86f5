"""The list: one fault for each thing that the connector promises never to do."""

from __future__ import annotations

from tests.mutation.listing import LISTING
from tests.mutation.mutant import CONTROLS, CORE, GAMES, REVIEW, STATE, TOLD, Mutant
from tests.mutation.narrowing import NARROWING
from tests.mutation.serving import SERVING

_PURE = (CORE[0], *REVIEW, *TOLD, *GAMES)
_ENGINE = (*REVIEW, *TOLD, *GAMES)

MERGE, FUSE = "connector/merge.py", "connector/fuse.py"
PAIRING, ABSENCE, VERSIONS = "connector/plan/pairing.py", "connector/plan/absence.py", "connector/plan/versions.py"
APPROVAL, SINGLE, REFUSED = "connector/plan/approval.py", "connector/plan/single.py", "connector/plan/refused.py"
EXECUTOR, WRITER, RESULT = "connector/apply/executor.py", "connector/apply/writer.py", "connector/apply/result.py"
RECOVER, LEDGER, SPECIAL = "connector/apply/recover.py", "connector/apply/ledger.py", "connector/apply/special.py"
LISTED = "connector/apply/listed.py"
RECORDER, LEASES = "connector/state/sql/recorder.py", "connector/state/sql/leases.py"
GATED, SIGNING, ALIASED = "connector/plan/gated.py", "connector/plan/signing.py", "connector/apply/aliased.py"
_GATES = ("tests/gates", "tests/engine/test_gates.py", "tests/engine/test_promotion.py")
CAUSES = "connector/plan/causes.py"
_ENFORCEMENT = ("tests/engine/test_enforcement.py",)
DECIDING, RAISING, RAISED = (
    "connector/raising/deciding.py",
    "connector/raising/planning.py",
    "connector/apply/raised.py",
)
_FINDINGS = ("tests/raising", "tests/engine/test_findings.py")
TRAIL, CHAIN = "connector/state/sql/trail.py", "connector/audit/chain.py"
ISSUING, ATTESTED = "connector/attest/issuing.py", "connector/plan/attested.py"
ENVELOPE, PIECES, VERDICT = "connector/attest/envelope.py", "connector/attest/pieces.py", "connector/attest/verdict.py"
STATEMENT, READING = "connector/attest/statement.py", "connector/attest/reading.py"
_ATTEST = ("tests/attest", "tests/engine/test_attestation.py")

MUTANTS = (
    # the base
    Mutant(
        "base not written",
        LEDGER,
        "            for name, base in entry.bases.items():\n                recorder.set_base(ref, name, base)\n",
        "",
        _ENGINE,
    ),
    Mutant(
        "base of one side only",
        RESULT,
        "        return Base(got, grc, agreement, change.provisional_since)\n",
        "        return Base(got, got, agreement, change.provisional_since)\n",
        _ENGINE,
    ),
    Mutant(
        "base of what was sent, not of what was read back",
        RESULT,
        "            result.bases[change.field] = _base(pair, side, change, got)\n",
        "            result.bases[change.field] = _base(pair, side, change, change.new)\n",
        _ENGINE,
    ),
    Mutant(
        "agreements without a write not recorded",
        LEDGER,
        "            recorder.set_bases((each.ref, each.field, each.base) for each in settles)\n",
        "            recorder.set_bases(())\n",
        _ENGINE,
    ),
    Mutant(
        "base kept under the old name after a rename",
        RECORDER,
        '_MOVING = ("base", "conflict",',
        '_MOVING = ("conflict",',
        (STATE[0], *_ENGINE),
    ),
    # ownership
    Mutant(
        "owner swapped",
        MERGE,
        "Owner.MLFLOW: Side.REGISTRY, Owner.COMPUTED: Side.REGISTRY, Owner.GRC: Side.GRC}",
        "Owner.MLFLOW: Side.GRC, Owner.COMPUTED: Side.REGISTRY, Owner.GRC: Side.REGISTRY}",
        _PURE,
    ),
    Mutant(
        "one-sided change of a shared field goes the wrong way",
        MERGE,
        "    mover = Side.REGISTRY if held.registry_moved else Side.GRC\n",
        "    mover = Side.GRC if held.registry_moved else Side.REGISTRY\n",
        _PURE,
    ),
    Mutant(
        "a conflict goes to MLflow unasked",
        MERGE,
        "    if field.rule is ConflictRule.MLFLOW:\n",
        "    if field.rule is not ConflictRule.GRC:\n",
        _PURE,
    ),
    Mutant(
        "MLflow may lower the risk class",
        MERGE,
        "    return _write(field, held, Side.REGISTRY, held.grc, rule, drift=True, since=held.provisional_since)\n",
        "    return _write(field, held, Side.GRC, held.registry, rule, drift=True, since=held.provisional_since)\n",
        _PURE,
    ),
    Mutant(
        "a raised risk class is final",
        MERGE,
        "        if held.registry_moved:\n            return _write(field, held, Side.GRC, held.registry, "
        '"raised in MLflow: provisional", since=today)\n',
        "        if held.registry_moved:\n            return _write(field, held, Side.GRC, held.registry, "
        '"raised in MLflow: provisional")\n',
        _PURE,
    ),
    Mutant(
        "an edited cut copy goes over the whole text",
        MERGE,
        "    short = _side_of_cut_copy(held)\n    if short is not None:\n",
        "    short = _side_of_cut_copy(held)\n    if False:\n",
        _PURE,
    ),
    Mutant(
        "an adopted record loses what MLflow never held",
        MERGE,
        "    return held.adopted if held.base is None else held.base.agreement is Agreement.UNSPOKEN\n",
        "    return False\n",
        _PURE,
    ),
    Mutant(
        "an adopted record loses what the GRC decided",
        MERGE,
        "    if owner is Side.GRC or held.registry is not None:\n",
        "    if held.registry is not None:\n",
        _PURE,
    ),
    Mutant(
        "a raised class is confirmed by nobody",
        MERGE,
        "    wanted = Base(held.registry, held.grc, agreement, None if moved else held.provisional_since)\n",
        "    wanted = Base(held.registry, held.grc, agreement)\n",
        _PURE,
    ),
    # a person's answer
    Mutant(
        "an answer is forgotten where its cut copy stands already",
        MERGE,
        "held.of(target) != cut(wanted, field.limit(target))]\n",
        "held.of(target) != wanted]\n",
        _PURE,
    ),
    Mutant(
        "an answer that had to be cut is stale halfway",
        "connector/plan/fields.py",
        "[cut(resolution.value, field.limit(side)) for side in (Side.REGISTRY, Side.GRC)]\n",
        "[resolution.value, resolution.value]\n",
        ("tests/engine/test_review_cut.py", *_ENGINE),
    ),
    Mutant(
        "a saved plan that was edited is applied",
        "connector/plan/codec.py",
        "    if digest != _digest(body):\n",
        "    if False:\n",
        CORE,
    ),
    # the fuse
    Mutant(
        "fuse counted after the removals are let through",
        FUSE,
        "        if trips(_objects(waiting, kind), linked, limit)\n",
        "        if trips(0, linked, limit)\n",
        _PURE,
    ),
    Mutant(
        "fuse without its floor",
        FUSE,
        "    return count > limit.floor and count * 100 > limit.percent * linked\n",
        "    return count * 100 > limit.percent * linked\n",
        _PURE,
    ),
    Mutant(
        "an approval holds for everything",
        FUSE,
        "    waiting = [operation for operation in split if operation.digest not in approved]\n",
        "    waiting = [operation for operation in split if not approved]\n",
        _PURE,
    ),
    Mutant(
        "what an approval left out goes through",
        FUSE,
        "each.digest in withheld_before]\n",
        "each.digest in approved]\n",
        _PURE,
    ),
    Mutant(
        "removals counted as updates",
        FUSE,
        "        parts.append(replace(operation, changes=removals, fuse=removing))\n",
        "        parts.append(replace(operation, changes=removals))\n",
        _PURE,
    ),
    # absence
    Mutant(
        "delete concluded from absence",
        ABSENCE,
        "    if key not in absences.registry_gone:\n        return\n",
        "",
        _ENGINE,
    ),
    Mutant(
        "create concluded from an incomplete listing",
        PAIRING,
        "        if not self._complete:\n",
        "        if False:\n",
        _ENGINE,
    ),
    Mutant(
        "a record not read counts as gone",
        PAIRING,
        "        if (self._entity, record_id) in self._absences.records_gone:\n",
        "        if True:\n",
        _ENGINE,
    ),
    Mutant(
        "retired though the GRC edited it",
        ABSENCE,
        "    if edited:\n        reason",
        "    if False:\n        reason",
        _ENGINE,
    ),
    Mutant(
        "a record of another instance is retired",
        ABSENCE,
        "    if record.is_foreign(context.instance):\n",
        "    if False:\n",
        _ENGINE,
    ),
    # identity
    Mutant(
        "a record of another instance is written",
        PAIRING,
        "        if record.is_foreign(self._context.instance):\n",
        "        if False:\n",
        _ENGINE,
    ),
    Mutant(
        "two claims on one record are guessed",
        PAIRING,
        "        if rivals:\n",
        "        if False:\n",
        _ENGINE,
    ),
    Mutant(
        "two records with one key are guessed",
        PAIRING,
        "        if len(keyed) > 1:\n",
        "        if False:\n",
        _ENGINE,
    ),
    Mutant(
        "a copied identity tag is believed",
        PAIRING,
        "            return record.created_ms == view.created_ms\n",
        "            return True\n",
        _ENGINE,
    ),
    # approval
    Mutant(
        "a request overrules a decision",
        APPROVAL,
        "    if request == SUBMIT and status == NOT_SUBMITTED:\n",
        "    if request == SUBMIT:\n",
        _ENGINE,
    ),
    Mutant(
        "the request tag is never cleared",
        APPROVAL,
        "    return {} if waiting else {key: None}\n",
        "    return {}\n",
        _ENGINE,
    ),
    Mutant(
        "a submission takes a record under review",
        VERSIONS,
        "        if status == PENDING or (asks",
        "        if False or (asks",
        _ENGINE,
    ),
    Mutant(
        "copied approval tags are believed",
        VERSIONS,
        "    if ref is None or (ref.version, ref.created_ms) != (view.ref.version, view.created_ms):\n",
        "    if False:\n",
        _ENGINE,
    ),
    Mutant(
        "tags made for another record are believed",
        VERSIONS,
        "    return ref.record_id not in ours and (base is None or base.registry != text)\n",
        "    return False\n",
        _ENGINE,
    ),
    Mutant(
        "a changed mapping leaves the old agreements",
        "connector/plan/remapping.py",
        "    return _Remapper(memory, before, now).run()\n",
        "    return Remapping(memory, now)\n",
        _ENGINE,
    ),
    Mutant(
        "a half-taken submission is believed",
        SINGLE,
        "    pair = believed(memory, _with_lost(pair))\n",
        "    pair = _with_lost(pair)\n",
        _ENGINE,
    ),
    Mutant(
        "a field that the GRC no longer sends is emptied",
        SINGLE,
        "    pair = believed(memory, _with_lost(pair))\n",
        "    pair = believed(memory, pair)\n",
        _ENGINE,
    ),
    # quarantine
    Mutant(
        "quarantine that never retries",
        REFUSED,
        "    digest = changes_digest(changes, side)\n",
        "    return True\n    digest = changes_digest(changes, side)\n",
        _ENGINE,
    ),
    Mutant(
        "a refused write is repeated in every cycle",
        REFUSED,
        "    return case.value_digest in (digest, *(limit(digest, now) for limit in limits))\n",
        "    return case.value_digest in tuple(limit(digest, now) for limit in limits)\n",
        _ENGINE,
    ),
    Mutant(
        "a parked conflict freezes the other fields",
        "connector/plan/fields.py",
        "        for verdict in _verdicts(context, memory, pair, field, held, requested, found):\n",
        "        if found.conflicts:\n            break\n"
        "        for verdict in _verdicts(context, memory, pair, field, held, requested, found):\n",
        _ENGINE,
    ),
    # applying
    Mutant(
        "intent not written",
        LEDGER,
        "            recorder.put_intent(intent)\n",
        "            pass\n",
        ("tests/scenarios/test_crashes.py", *_ENGINE),
    ),
    Mutant(
        "intent not dropped",
        LEDGER,
        "            recorder.drop_intent(intent_id or entry.operation.digest)\n",
        "            pass\n",
        _ENGINE,
    ),
    Mutant(
        "read-back skipped",
        WRITER,
        "        view = self._sides.read_registry(pair.ref)\n        if view is None:\n"
        '            raise Conflict(f"{pair.ref}: it went away while it was written")\n'
        "        return replace(pair, registry=view)\n",
        "        return pair\n",
        _ENGINE,
    ),
    Mutant(
        "moved record overwritten",
        EXECUTOR,
        "        fresh = self._writer.refresh(pair, planned.side)\n",
        "        fresh = pair\n",
        _ENGINE,
    ),
    Mutant(
        "an unanswered write is not looked up",
        WRITER,
        "            found = self._look_up_lost(pair, operation, error)\n",
        "            found = None\n",
        _ENGINE,
    ),
    Mutant(
        "a look-up that fails is taken for what became of the write",
        WRITER,
        "            found = self._look_up_lost(pair, operation, error)\n",
        "            found = self.look_up(pair, operation)\n",
        _ENGINE,
    ),
    Mutant(
        "created without looking the key up",
        WRITER,
        "            record = self._ours(self._sides.find_unlinked(pair.ref))\n",
        "            record = None\n",
        _ENGINE,
    ),
    Mutant(
        "a listing is believed where the GRC can be asked by key",
        LISTED,
        "if grc.complete(entity) and not adapter.queries(entity)]",
        "if grc.complete(entity)]",
        _ENGINE,
    ),
    Mutant(
        "a listing is believed about what a run before left in doubt",
        LISTED,
        "        self._doubtful = set(doubtful)\n",
        "        self._doubtful = set()\n",
        _ENGINE,
    ),
    Mutant(
        "a listing is believed about a key that a write was sent with",
        LISTED,
        "        self._doubtful.add(key)\n",
        "        pass\n",
        _ENGINE,
    ),
    Mutant(
        "a value that did not stick is written again",
        RESULT,
        "        return Agreement.NOT_STUCK\n    return Agreement.REWRITTEN\n",
        "        return Agreement.AGREED\n    return Agreement.AGREED\n",
        (*CORE, *_ENGINE),
    ),
    Mutant(
        "the lease is not checked before a write",
        LEDGER,
        "        self._keeper.ensure()\n",
        "        pass\n",
        _ENGINE,
    ),
    Mutant(
        "retired whatever the record says by now",
        SPECIAL,
        "        if view is None or not ours or not self._is_same(operation, view):\n",
        "        if view is None:\n",
        _ENGINE,
    ),
    # recovery
    Mutant(
        "a creation that landed is not adopted",
        RECOVER,
        "    record = sides.look_for_record(operation.ref)\n",
        "    record = None\n",
        _ENGINE,
    ),
    Mutant(
        "recovered base of one side only",
        RECOVER,
        "    return Base(other, got, agreement, change.provisional_since)\n",
        "    return Base(got, got, agreement, change.provisional_since)\n",
        ("tests/scenarios/test_crashes.py", *_ENGINE),
    ),
    Mutant(
        "an edit since the crash is taken for our write",
        RECOVER,
        "    return Agreement.REWRITTEN if seen_to_land(change, got) else None\n",
        "    return Agreement.REWRITTEN\n",
        ("tests/scenarios/test_crashes.py", *_ENGINE),
    ),
    Mutant(
        "a comment that landed is posted again",
        RECOVER,
        "    if any(comment.token == operation.token for comment in sides.adapter.comments(issue)):\n",
        "    if False:\n",
        ("tests/scenarios/test_crashes.py", "tests/scenarios/test_issues.py", *_ENGINE),
        excuse="an adapter looks for the token too, before it posts: its conformance suite demands it",
    ),
    # state and audit
    Mutant(
        "an old token may still record",
        LEASES,
        '    if row and (row["owner"], row["token"]) == (lease.owner, lease.token):\n',
        "    if row:\n",
        STATE,
    ),
    Mutant(
        "a living lease is taken over",
        LEASES,
        '    if row["owner"] in (None, owner) or expires <= now:\n',
        "    if True:\n",
        STATE,
    ),
    Mutant(
        "a lease about to end is good enough",
        LEASES,
        "        if expires < now + timedelta(seconds=margin_seconds):\n",
        "        if expires < now:\n",
        STATE,
    ),
    Mutant(
        "the end of the trail is not kept",
        TRAIL,
        '    session.execute("UPDATE trail SET sequence = ?, hash = ?", [chained.sequence, chained.hash])\n',
        "",
        STATE,
    ),
    Mutant(
        "the hash leaves out what came before",
        CHAIN,
        '    digest = entry_hash({**body(entry), "sequence": sequence, "previous": head.hash})\n',
        '    digest = entry_hash({**body(entry), "sequence": sequence, "previous": ""})\n',
        STATE,
    ),
    Mutant(
        "a secret stays in the trail",
        TRAIL,
        "rule=redact(entry.rule), actor",
        "rule=entry.rule, actor",
        STATE,
    ),
    Mutant(
        "the trail does not say what was approved",
        "connector/state/sql/memory.py",
        "    if payload is None:\n        return",
        "    if True:\n        return",
        STATE,
    ),
    Mutant(
        "a journal without its triggers is believed",
        "connector/state/sqlite/session.py",
        "        return {name: found.get(name) == sql for name, sql in GUARDS.items()}\n",
        "        return {name: name in found for name in GUARDS}\n",
        (STATE[2],),
    ),
    Mutant(
        "another process's audit entry is taken",
        RECORDER,
        "        if entry.connection != self._connection:\n",
        "        if False:\n",
        STATE,
    ),
    # controls
    Mutant(
        "a forged approval in MLflow satisfies a control",
        "connector/controls/standing.py",
        '    return (version.grc or {}).get("approval_status")\n',
        '    return version.field("approval_status")\n',
        CONTROLS,
    ),
    Mutant(
        "a waiver never expires",
        "connector/controls/waiving.py",
        "    if waiver.expires >= today:\n",
        "    if True:\n",
        CONTROLS,
    ),
    Mutant(
        "a control concludes from absence in a listing that broke off",
        "connector/controls/existence.py",
        "    if not gone and _MODELS_OF_GRC in inventory.incomplete:\n",
        "    if False:\n",
        CONTROLS,
    ),
    Mutant(
        "a control that the profile does not list runs",
        "connector/controls/rules.py",
        "(one in profile.controls if enabled is None else enabled)",
        "(enabled is not False)",
        CONTROLS,
    ),
    # the gates
    Mutant(
        "no number keeps a bound after all",
        "connector/gates/automated.py",
        "    if not math.isfinite(value):\n        return False\n",
        "",
        _GATES,
    ),
    Mutant(
        "a stage is passed by a tag that the GRC owns",
        GATED,
        "        return pair.grc.fields.get(name) if field.in_grc and pair.grc is not None else None\n",
        "        return pair.registry.fields.get(name)\n",
        _GATES,
    ),
    Mutant(
        "what the GRC refused hides the decision in MLflow",
        REFUSED,
        '    body += [(str(side), "")] if side is Side.REGISTRY else []\n',
        "",
        _GATES,
    ),
    Mutant(
        "a roll back is undone",
        SIGNING,
        "    return tagged or alias_field(alias) in pair.bases\n",
        "    return False\n",
        _GATES,
    ),
    Mutant(
        "a promotion is not looked at again before it is written",
        ALIASED,
        "        return still_ready(self._context, self._memory.view(), pair)\n",
        '        return ""\n',
        _GATES,
    ),
    Mutant(
        "an alias that moved meanwhile is taken",
        ALIASED,
        "            if alias is not None and held != change.old:\n",
        "            if False:\n",
        _GATES,
    ),
    # enforcement
    Mutant(
        "an alias comes off though the approval was given again meanwhile",
        ALIASED,
        "                return still_enforced(self._context, pair)\n",
        '                return ""\n',
        _ENFORCEMENT,
    ),
    Mutant(
        "an alias comes off before it is marked",
        ALIASED,
        "            if operation.kind is OperationKind.TAKE_OFF:\n",
        "            if False:\n",
        _ENFORCEMENT,
    ),
    Mutant(
        "an alias is given back though something speaks against the version",
        CAUSES,
        "    return is_clear(context, pair)\n",
        "    return True\n",
        _ENFORCEMENT,
    ),
    Mutant(
        "a listing that was cut unblocks",
        CAUSES,
        "    elif tags.blocked in pair.registry.tags:\n",
        "    elif False:\n",
        _ENFORCEMENT,
    ),
    # the issues of findings
    Mutant(
        "an issue of ours feeds the controls",
        "connector/controls/inventory.py",
        "        return tuple(issue for issue in self.issues if not issue.of_finding)\n",
        "        return self.issues\n",
        _FINDINGS,
    ),
    Mutant(
        "an issue is not looked for before it is opened",
        RAISED,
        "            return self._sides.find_issue(operation.ref.key)\n",
        "            return None\n",
        _FINDINGS,
    ),
    Mutant(
        "what a person closed is reopened in every cycle",
        DECIDING,
        "    return Verdict.LEAVE if same else Verdict.REOPEN\n",
        "    return Verdict.REOPEN\n",
        _FINDINGS,
    ),
    Mutant(
        "an accepted risk is reopened",
        DECIDING,
        "    if issue.state is None or issue.state == _ACCEPTED:\n",
        "    if issue.state is None:\n",
        _FINDINGS,
    ),
    Mutant(
        "issues are opened on half a listing",
        "connector/engine/raising.py",
        "    if planned.plan.gaps:\n",
        "    if False:\n",
        _FINDINGS,
    ),
    Mutant(
        "a control that was not asked closes its issues",
        RAISING,
        " or parts.control not in in_force:\n",
        ":\n",
        _FINDINGS,
    ),
    Mutant(
        "what the cycle mends opens an issue",
        RAISING,
        "        first = verdict in _KINDS and ref.name in self.moving and before != now\n",
        "        first = False\n",
        _FINDINGS,
    ),
    Mutant(
        "openings are counted by no fuse",
        RAISING,
        "            fuse = None if verdict is Verdict.CLOSE else FuseClass.OPEN_ISSUE\n",
        "            fuse = None\n",
        _FINDINGS,
    ),
    Mutant(
        "an opening whose outcome is not known counts as never made",
        RECOVER,
        "    issue = landed_issue(operation, sides)\n",
        "    issue = None\n",
        _FINDINGS,
    ),
    Mutant(
        "a platform that keeps no key gets an issue in every cycle",
        "connector/apply/issuekept.py",
        "            case = replace(case, remedy=remedy, value_digest=within_the_day(case.value_digest, now))\n",
        "            continue\n",
        _FINDINGS,
    ),
    Mutant(
        "keys that are not kept stop no other opening",
        "connector/raising/lostkeys.py",
        "        and case.ref.key != key\n",
        "        and case.ref.key == key\n",
        _FINDINGS,
    ),
    Mutant(
        "a reopened issue still says that the control holds",
        RAISED,
        '            more.append(("resolution", REOPENED))\n',
        "            pass\n",
        _FINDINGS,
    ),
    Mutant(
        "an issue is sent before its intent is committed",
        RAISED,
        "        self._ledger.intend(operation)\n",
        "",
        _FINDINGS,
    ),
    # signed approvals
    Mutant(
        "a signature is not looked at",
        ENVELOPE,
        "    if not trusted.verifies(envelope.key_id, envelope.signature, pae(envelope.payload)):\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "any key is believed",
        "connector/attest/signing.py",
        "        key = self.keys.get(name)\n",
        "        key = next(iter(self.keys.values()), None)\n",
        _ATTEST,
    ),
    Mutant(
        "an envelope of another form is taken",
        ENVELOPE,
        "        same = isinstance(envelope.key_id, str) and str(envelope) == text\n",
        "        same = isinstance(envelope.key_id, str)\n",
        _ATTEST,
    ),
    Mutant(
        "a statement that lasts for ever is believed",
        STATEMENT,
        "    return timedelta(0) < lasts <= MAX_FRESH\n",
        "    return timedelta(0) < lasts\n",
        _ATTEST,
    ),
    Mutant(
        "pieces are cut anywhere",
        PIECES,
        "    if spread(tags, envelope, serial) != pieces:\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "the serial on the pieces is anybody's", READING, "    if made.serial != serial:\n", "    if False:\n", _ATTEST
    ),
    Mutant(
        "a statement names any key", READING, "    if made.key_id != envelope.key_id:\n", "    if False:\n", _ATTEST
    ),
    Mutant(
        "an approval passes on a version with another source",
        VERDICT,
        '        "source": found.source,\n',
        "",
        _ATTEST,
    ),
    Mutant(
        "an approval passes on a version of another time",
        VERDICT,
        '        "created_ms": found.created_ms,\n',
        "",
        _ATTEST,
    ),
    Mutant("a stale attestation passes", VERDICT, "    if until <= asked.now:\n", "    if False:\n", _ATTEST),
    Mutant(
        "a withdrawn approval passes",
        VERDICT,
        "    if claim.decision is not Decision.APPROVED:\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "other files pass",
        VERDICT,
        "    elif wanted != content.sha256:\n",
        "    elif False:\n",
        _ATTEST,
    ),
    Mutant(
        "a serial stays",
        ISSUING,
        "last.made.serial + 1 if last is not None else 0)\n",
        "last.made.serial if last is not None else 0)\n",
        _ATTEST,
    ),
    Mutant(
        "an old attestation put back is taken for the last one",
        ISSUING,
        "    return max(found, key=lambda each: each.made.serial, default=None)\n",
        "    return found[-1] if found else None\n",
        _ATTEST,
    ),
    Mutant(
        "the digest of the files follows them",
        ISSUING,
        "    if last is not None and last.made.claim.content.sha256 is not None:\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "a decision read from tags alone is signed",
        ISSUING,
        "    if claim is None or not (approval.live or _goes_on(claim, last, now)):\n",
        "    if claim is None:\n",
        _ATTEST,
    ),
    Mutant(
        "another source is signed under the old approval",
        ISSUING,
        "    if last is not None and last.made.claim.bearer.made_of != approval.bearer.made_of:\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "an approval that cannot be read is signed",
        ATTESTED,
        "    if unread:\n",
        "    if False:\n",
        _ATTEST,
    ),
    Mutant(
        "an approval that MLflow owns is signed",
        ATTESTED,
        "record is None or named is None or named.owner is not Owner.GRC or not named.in_grc:\n",
        "record is None or named is None:\n",
        _ATTEST,
    ),
    Mutant(
        "an expired approval is signed",
        ATTESTED,
        "if expiry is not None and expiry < context.today else",
        "if False else",
        _ATTEST,
    ),
    *SERVING,
    *NARROWING,
    *LISTING,
)
