// The page of one model.
function showModel(model, page) {
  const place = document.getElementById("model");
  place.replaceChildren(...[
    el("p", { class: "trail" }, el("a", { href: "#inventory?" + inventory.state }, "Inventory"), el("span", { "aria-hidden": "true" }, " / ")),
    el("h1", { id: "model-title", tabindex: "-1" }, bdi(model.name)),
    lead(model), facts(model, page), findingsOf(page), lacksOf(model, page), versionsOf(model, page), comparison("The model on both sides", "model-fields", page.object), issuesOf(page), historyOf(page)].flat().filter(Boolean));
}

const sheet = (id, title, ...children) => el("section", { class: "sheet", "aria-labelledby": id }, el("h2", { id }, title), children);

function lead(model) {
  const marks = [model.tier && el("span", { class: `mark plain${model.tier.length > 24 ? " long" : ""}` }, bdi(words(model.tier)), " tier"), standing(model.status)];
  if (model.production) marks.push(el("span", { class: "mark " + (model.production === 2 ? "bad" : "good") }, glyph(model.production === 2 ? "bad" : "good"), model.production === 2 ? "Unapproved in production" : "Approved in production"));
  if (model.worst >= 0) marks.push(severityBadge(settings.severities[model.worst]));
  return el("p", { class: "lead" }, marks.filter(Boolean));
}

function facts(model, page) {
  const purpose = valueOf(page.object, "purpose") || valueOf(page.object, "description");
  const told = [
    ["Owner", model.owner && bdi(model.owner)],
    ["Business line", model.lines.some((line) => line !== model.owner) && bdi(model.lines.join(", "))],
    ["Lifecycle", words(valueOf(page.object, "lifecycle_status"))],
    ["GRC record", model.record && out(page.url, bdi(model.record))],
    ["Registered", page.created && time(page.created)],
    ["Next review", valueOf(page.object, "next_review_due") && time(valueOf(page.object, "next_review_due"))],
    ["Connection", settings.connections.length > 1 && bdi(settings.connections[model.connection].name)],
  ].filter(([, what]) => what);
  return [
    purpose && el("p", { class: "purpose text" }, bdi(purpose)),
    page.object && page.object.note && el("p", { class: "notice" }, bdi(page.object.note)),
    el("dl", { class: "facts" }, told.map(([name, what]) => el("div", {}, el("dt", {}, name), el("dd", {}, what)))),
  ];
}

function findingsOf(page) {
  if (!page.findings.length) return sheet("model-findings", "Findings", el("p", { class: "calm" }, glyph("good"), "No control found anything."));
  const items = page.findings.map((one) => el("li", { class: one.by ? "waived" : one.severity },
    el("p", { class: "of" }, severityBadge(one.severity), " ", el("span", { class: "code" }, one.control), " ", capital(settings.titles[one.control] || ""), one.version && el("span", { class: "small" }, ` version ${one.version}`)),
    el("p", { class: "seen" }, bdi(capital(one.seen))),
    one.by
      ? el("p", { class: "remedy" }, "Accepted by ", bdi(one.by), " until ", time(one.until), ": ", bdi(one.reason))
      : el("p", { class: "remedy" }, el("span", { class: "do" }, "To do:"), " ", bdi(capital(one.remedy)), el("span", { class: "small under" }, `Rests on ${settings.basis[one.control]}.`))));
  return sheet("model-findings", "Findings", el("ul", { class: "found" }, items));
}

function lacksOf(model, page) {
  if (!page.lacks.length) return null;
  const items = new Map();
  for (const lack of page.lacks) items.set(lack.item, [...(items.get(lack.item) || []), lack]);
  return sheet("model-lacks", `What is not stated: ${model.complete}% complete`,
    el("dl", { class: "lacks" }, Array.from(items, ([item, lacks]) => el("div", {}, el("dt", {}, capital(item)), lacks.map((lack) => el("dd", {}, bdi(capital(lack.remedy)), lack.version && !lack.remedy.includes(`version ${lack.version}`) && el("span", { class: "small" }, ` (version ${lack.version})`)))))));
}

function versionsOf(model, page) {
  if (!page.versions.length) return null;
  const newest = page.versions.slice().reverse();
  const first = newest.find((one) => one.production.length) || newest[0];
  const blocks = newest.map((one) => {
    const approval = approvalNow(one);
    return el("details", { class: "version", open: one === first },
      el("summary", {}, el("span", { class: "name" }, "Version ", bdi(one.number)), " ", one.production.map((alias) => el("span", { class: "tagged" }, bdi(alias))), " ", approval ? decision(approval) : null, " ", standing(one.object.status)),
      el("div", { class: "inside" },
        one.object.note && el("p", { class: "notice" }, bdi(one.object.note)),
        approvalOf(model, one), lineageOf(one), fieldsTable(withoutChain(one), `Fields of version ${one.number} on both sides`, { folded: true })));
  });
  return sheet("model-versions", `Versions, approval and lineage (${page.versions.length})`, blocks);
}

// The steps are told as a time line: as a field they are told again only where both sides are apart on them.
function withoutChain(version) {
  const told = (field) => field.name === "approval_chain" && field.status === "agree" && version.steps.length > 0;
  return Object.assign({}, version.object, { fields: version.object.fields.filter((field) => !told(field)) });
}

// The stages and the decision as a row of marks, and the steps that the GRC recorded as a time line.
function approvalOf(model, version) {
  const stages = settings.stages.map(([name, title], place) => ({ title, state: valueOf(version.object, name), asked: version.asked[place], known: fieldOf(version.object, name) })).filter((one) => one.asked || one.known);
  stages.push({ title: "Approval", state: approvalNow(version) || "not_submitted", asked: 1 });
  const facts = [["by", valueOf(version.object, "approved_by")], ["on", when(valueOf(version.object, "approval_date"))], ["until", when(valueOf(version.object, "approval_expiry"))]].filter(([, text]) => text);
  const conditions = valueOf(version.object, "conditions");
  return el("div", { class: "approval" },
    el("h3", {}, "Approval"),
    el("ol", { class: "stages" }, stages.map(stageMark)),
    version.asked.length > 0 && el("p", { class: "small" }, workflowWords(model, version)),
    version.reasons.length > 0 && el("p", { class: "small" }, "What keeps the automated gates from passing: ", bdi(version.reasons.join("; ")), "."),
    facts.length > 0 && el("p", { class: "small" }, "Decided ", facts.map(([word, text], place) => [place > 0 && " ", word + " ", bdi(text)])),
    conditions && el("p", {}, el("strong", {}, "Conditions: "), bdi(members(conditions).join("; "))),
    version.steps.length > 0 && el("ol", { class: "chain" }, version.steps.map((step) => el("li", {},
      el("p", { class: "of" }, el("strong", {}, bdi(/^\d*$/.test(step.name) ? `Step ${step.name}`.trim() : step.name)), " ", step.decision && decision(step.decision)),
      el("p", { class: "small" }, [step.by && bdi(step.by), step.role && bdi(step.role), step.time && time(step.time, { minutes: true })].filter(Boolean).flatMap((part, place) => (place ? [", ", part] : [part]))),
      step.comment && el("p", { class: "text" }, bdi(step.comment)),
      step.link && el("p", { class: "small" }, out(step.link, "Evidence"))))));
}

// The GRC's decision, and that its last day is past.
function approvalNow(version) {
  const [status, until] = ["approval_status", "approval_expiry"].map((name) => valueOf(version.object, name));
  return until && until.slice(0, 10) < settings.today && ["approved", "conditional", "provisional"].includes(status) ? "expired" : status;
}

function stageMark({ title, state, asked }) {
  const mark = DECIDED[state] || "none";
  const told = state ? words(state) : asked ? "not recorded" : "";
  return el("li", { class: TONES[mark] }, glyph(mark), el("span", { class: "stage" }, title),
    el("span", { class: "state" }, [told, !asked && "not needed"].filter(Boolean).join(", ")), asked === 2 && el("span", { class: "tagged" }, "next"));
}

function workflowWords(model, version) {
  const needed = settings.stages.filter((_, place) => version.asked[place]).map(([, title]) => title.toLowerCase());
  const next = settings.stages.find((_, place) => version.asked[place] === 2);
  const told = needed.length === settings.stages.length ? "all four stages" : needed.join(" and ") || "no stage";
  return [model.tier ? [bdi(words(model.tier)), ` tier needs ${told}. `] : `Without a tier a version needs ${told}. `, next ? `Next: ${next[1].toLowerCase()}.` : "Nothing is left to pass."];
}

// Where the version comes from and where it stands: data, run, version, alias.
function lineageOf(version) {
  const { sources, data, hash, run, commit, framework, source, aliases } = version.lineage;
  const short = (text) => el("code", { title: text }, bdi(text.length > 14 && /^[0-9a-f-]+$/.test(text) ? text.slice(0, 10) + "…" : text));
  const boxes = [
    ["Data", sources.length || data || hash ? [sources.map((one) => el("p", {}, bdi(one))), data && el("p", { class: "small" }, "version ", bdi(data)), hash && el("p", { class: "small" }, "schema ", short(hash))] : null],
    ["Run", run || commit || framework ? [run && el("p", {}, short(run)), commit && el("p", { class: "small" }, "commit ", short(commit)), framework && el("p", { class: "small" }, bdi(framework))] : null],
    ["Version", [el("p", {}, bdi(version.number)), version.created && el("p", { class: "small" }, time(version.created)), source && el("p", { class: "small" }, bdi(source))]],
    ["Alias", aliases.length ? aliases.map((one) => el("p", {}, el("span", { class: version.production.includes(one) ? "tagged strong" : "tagged" }, bdi(one)))) : null],
  ];
  return el("div", { class: "lineage" }, el("h3", {}, "Lineage"),
    el("ol", { class: "flow" }, boxes.map(([title, inside]) => el("li", { class: inside ? "" : "missing" }, el("p", { class: "head" }, title), inside || el("p", { class: "small" }, title === "Alias" ? "none" : "not recorded")))));
}

const OWNERS = { mlflow: "MLflow", grc: "GRC", shared: "shared", computed: "mlflow-grc" };
const WORST = ["conflict", "quarantined", "differ", "alone", "agree"];

function fieldsTable(object, caption, { folded = false } = {}) {
  const held = object.fields.filter((field) => field.mlflow || field.grc || field.status !== "agree");
  const empty = object.fields.filter((field) => !held.includes(field));
  held.sort((a, b) => (WORST.indexOf(a.status) - WORST.indexOf(b.status)) || 0);
  const apart = held.filter((field) => !["agree", "alone"].includes(field.status)).length;
  const row = (field) => {
    const same = field.status === "agree" && field.mlflow === field.grc;
    const cells = same
      ? [el("td", { class: "both", colspan: "2", "data-label": "MLflow and GRC" }, value(field.mlflow, field.type))]
      : [el("td", { "data-label": "MLflow" }, value(field.mlflow, field.type)), el("td", { "data-label": "GRC" }, value(field.grc, field.type))];
    return el("tr", { class: field.status }, el("th", { scope: "row" }, field.label), cells,
      el("td", { "data-label": "Owner" }, OWNERS[field.owner] || field.owner),
      el("td", { "data-label": "Stands" }, standing(field.status), field.note && el("span", { class: "small under" }, bdi(field.note))));
  };
  if (!held.length) return el("p", { class: "small" }, "No field holds a value.");
  const compared = held.some((field) => field.status !== "alone");
  const told = apart ? `${counted(apart, "field")} of ${held.length} not in agreement` : compared ? `all ${counted(held.length, "field")} agree` : `${counted(held.length, "field")}, not compared`;
  const inside = el("div", { class: "fields" },
    table([["Field"], ["MLflow"], ["GRC"], ["Owner"], ["Stands"]], held.map(row), { name: "compared", caption }),
    empty.length > 0 && el("p", { class: "small" }, "Empty on both sides: ", empty.map((field) => field.label.toLowerCase()).join(", "), "."));
  if (!folded) return [el("p", { class: "small" }, capital(told) + "."), inside];
  return el("details", { class: "fold", open: apart > 0 }, el("summary", {}, el("h3", {}, "Fields on both sides"), el("span", { class: "small" }, told)), inside);
}

function comparison(title, id, object) {
  return object && sheet(id, title, fieldsTable(object, title));
}

function issuesOf(page) {
  if (!page.issues.length) return sheet("model-issues", "Issues", el("p", { class: "small" }, "No issue is recorded."));
  const order = (one) => (one.open ? 0 : 10) + Math.max(0, settings.severities.indexOf(one.severity));
  const rows = page.issues.slice().sort((a, b) => order(a) - order(b) || (a.due || "9").localeCompare(b.due || "9")).map((one) => {
    const late = one.open && one.due && one.due < settings.today;
    return el("tr", {},
      el("th", { scope: "row" }, out(one.url, bdi(one.number)), el("span", { class: "under" }, bdi(one.title)), one.version && el("span", { class: "small under" }, `version ${one.version}`)),
      el("td", { "data-label": "Severity" }, settings.severities.includes(one.severity) ? severityBadge(one.severity) : bdi(one.severity || "not rated")),
      el("td", { "data-label": "State" }, words(one.state)),
      el("td", { "data-label": "Due" }, one.due ? time(one.due) : "–", late && el("span", { class: "late" }, " overdue")),
      el("td", { "data-label": "Assignee" }, bdi(one.assignee || "–")));
  });
  return sheet("model-issues", "Issues", table([["Issue"], ["Severity"], ["State"], ["Due"], ["Assignee"]], rows, { caption: "Issues of this model" }));
}

function historyOf(page) {
  if (!page.events.length) return null;
  const groups = [];
  for (const event of page.events) {
    const last = groups[groups.length - 1];
    if (last && last.at === event.at && last.after === event.after) last.events.push(event);
    else groups.push({ at: event.at, after: event.after, events: [event] });
  }
  const items = groups.map((group) => el("li", {},
    el("p", { class: "of" }, el("strong", {}, time(group.at, { minutes: true })), el("span", { class: "small" }, group.after ? ` or before, after ${when(group.after, { minutes: true })}` : " or before")),
    el("ul", { class: "changes" }, group.events.map(changed))));
  return sheet("model-history", "History of changes",
    el("p", { class: "small" }, "As the connector saw it: a change happened between two observations."),
    el("ol", { class: "chain" }, items),
    page.older > 0 && el("p", { class: "small" }, `${counted(page.older, "older change")} left out; the connector’s state has them all.`));
}

function changed(event) {
  const side = el("span", { class: "side" }, event.side === "grc" ? "GRC" : "MLflow");
  const subject = event.subject && [bdi(event.subject), " "];
  if (!event.field) return el("li", {}, side, " ", subject || "the model ", event.now === "gone" ? "is gone" : "first seen");
  const short = (text) => (event.field === "approval_chain" ? counted(members(text).length, "step") : text);
  const shown = (text) => (text ? el("q", {}, bdi(short(text))) : el("span", { class: "none" }, "empty"));
  return el("li", {}, side, " ", subject, el("span", { class: "field-name" }, words(event.field)), ": ", shown(event.old), el("span", { "aria-hidden": "true" }, " → "), el("span", { class: "hidden" }, " became "), shown(event.now));
}
