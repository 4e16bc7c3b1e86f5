// The report's data. Everything that comes from either system reaches the page as text, never as markup.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const settings = read("settings");
const index = read("index");
const textOf = (texts, number) => (number ? texts[number - 1] : "");
const STATUS = index.statuses;

const models = index.rows.map((row, number) => {
  const [name, anchor, connection, tier, status, lines, owner, production, running, counts, open, overdue, versions, record, complete] = row;
  const text = (one) => textOf(index.texts, one);
  const worst = counts.findIndex((count) => count > 0);
  return {
    number, name, anchor: anchor || name, connection, tier: text(tier), status: STATUS[status],
    lines: lines.map(text), owner: text(owner), production, running: text(running), counts, worst,
    findings: counts.reduce((sum, count) => sum + count, 0), open, overdue, versions, record: text(record), complete,
  };
});
const byAnchor = new Map(models.map((model) => [model.anchor, model]));

// The controls of each model, for the list of one control: read off the findings that the page shows.
let controlled = null;
function modelsOf(control) {
  controlled = controlled || new Map();
  if (!controlled.has(control)) {
    const links = document.querySelectorAll(`#${CSS.escape(control)} .of a`);
    controlled.set(control, new Set(Array.from(links, (link) => link.getAttribute("href"))));
  }
  return controlled.get(control);
}
const addressOf = (model) => "#m=" + encodeURIComponent(model.anchor).replace(/[!'()*]/g, (sign) => "%" + sign.charCodeAt(0).toString(16).toUpperCase());

// A parcel holds the pages of a hundred models, compressed; the last one opened is kept.
let parcel = { number: -1 };
async function opened(number) {
  const packed = atob(document.getElementById("parcel-" + number).textContent);
  const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return Object.assign(JSON.parse(await new Response(stream).text()), { number });
}
async function pageOf(model) {
  const number = Math.floor(model.number / index.parcel);
  if (parcel.number !== number) parcel = await opened(number);
  const page = parcel.models[model.number % index.parcel];
  const text = (one) => textOf(parcel.texts, one);
  const fields = settings.connections[model.connection].fields;
  const [object, url, versions, issues, findings, events, older, created, lacks] = page;
  return {
    object: object && objectOf(object, fields.model, text),
    url: text(url),
    created: text(created),
    versions: versions.map((version) => versionOf(version, fields.version, text)),
    issues: issues.map(([number, title, severity, state, due, assignee, version, link, open]) => ({
      number: text(number), title: text(title), severity: text(severity), state: text(state), due: text(due),
      assignee: text(assignee), version: text(version), url: text(link), open: Boolean(open),
    })),
    findings: findings.map(([control, severity, version, seen, remedy, by, reason, until]) => ({
      control: text(control), severity: settings.severities[severity], version: text(version), seen: text(seen),
      remedy: text(remedy), by: text(by), reason: text(reason), until: text(until),
    })),
    events: events.map(([at, after, side, subject, field, old, now]) => ({
      at: text(at), after: text(after), side: text(side), subject: text(subject), field: text(field),
      old: text(old), now: text(now),
    })),
    older,
    lacks: lacks.map(([item, version, remedy]) => ({ item: text(item), version: text(version), remedy: text(remedy) })),
  };
}

function objectOf([status, note, record, cells], schema, text) {
  const fields = schema.map(([name, label, owner, type], position) => {
    const cell = cells[position] || 0;
    const field = { name, label, owner, type };
    if (!Array.isArray(cell)) return Object.assign(field, { mlflow: text(cell), grc: text(cell), status: "agree", note: "" });
    const [mlflow, grc, how, remark] = cell;
    return Object.assign(field, { mlflow: text(mlflow), grc: text(grc), status: how < 0 ? "alone" : STATUS[how], note: text(remark) });
  });
  return { status: STATUS[status], note: text(note), record: text(record), fields };
}

function versionOf([number, object, created, aliases, steps, lineage, url, asked, reasons], schema, text) {
  const [source, every] = (lineage || []).map(text);
  const whole = objectOf(object, schema, text);
  const held = (name) => valueOf(whole, name);
  return {
    number: text(number),
    object: whole,
    created: text(created),
    production: (aliases || []).map(text),
    url: text(url),
    asked: asked || [],
    reasons: (reasons || []).map(text),
    steps: (steps || []).map((step) => {
      const [name, by, role, time, decision, comment, link] = step.map(text);
      return { name, by, role, time, decision, comment, link };
    }),
    lineage: {
      sources: members(held("data_sources")), data: held("data_version"), hash: held("data_schema_hash"), run: held("source_run"),
      commit: held("code_commit"), framework: held("framework"), source, aliases: members(every),
    },
  };
}

function parsed(value) {
  try { return JSON.parse(value); } catch { return undefined; }
}
function members(value) {
  if (!value) return [];
  const list = parsed(value);
  return Array.isArray(list) ? list.map((one) => (typeof one === "string" ? one : JSON.stringify(one))) : [value];
}
const fieldOf = (object, name) => object && object.fields.find((field) => field.name === name);
// What the GRC owns is told by the GRC alone: a tag in MLflow decides nothing.
const valueOf = (object, name) => { const field = fieldOf(object, name); return !field ? "" : field.owner === "grc" ? field.grc : field.grc || field.mlflow; };
