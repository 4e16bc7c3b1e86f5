// The list of models: filtered, sorted and shown a page at a time; its state stands in the address.
const PAGE = 50;
const PRINTED = 1000;
const FILTERS = {
  tier: { label: "Tier", test: (model, wanted) => (model.tier || "none") === wanted },
  status: { label: "Both sides", test: (model, wanted) => (wanted === "apart" ? !["agree", "retired"].includes(model.status) : model.status === wanted) },
  severity: { label: "Finding", test: (model, wanted) => (wanted === "none" ? model.findings === 0 : wanted === "any" ? model.findings > 0 : model.counts[settings.severities.indexOf(wanted)] > 0) },
  production: { label: "In production", test: (model, wanted) => ({ yes: model.production > 0, no: model.production === 0, unapproved: model.production === 2 })[wanted] },
  issues: { label: "Issues", test: (model, wanted) => (wanted === "overdue" ? model.overdue > 0 : model.open > 0) },
  connection: { label: "Connection", test: (model, wanted) => settings.connections[model.connection].name === wanted },
};
// Those without an input of their own: a link sets them, and a chip takes them away.
const LINKED = {
  line: { label: "Business line", test: (model, wanted) => (wanted === "-" ? !model.lines.length : model.lines.includes(wanted)) },
  control: { label: "Control", test: (model, wanted) => modelsOf(wanted).has(addressOf(model)) },
};
const TIERS = new Map([...settings.tiers, ""].map((tier, place) => [tier, place]));
const tierPlace = (model) => TIERS.get(model.tier) ?? TIERS.size - 1.5;
const collator = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });
const byName = (a, b) => collator.compare(a.name, b.name);
const weight = (model) => model.counts.reduce((sum, count) => sum * 100000 + Math.min(count, 99999), 0);
const ORDERS = {
  name: byName,
  tier: (a, b) => tierPlace(a) - tierPlace(b),
  production: (a, b) => b.production - a.production,
  status: (a, b) => collator.compare(a.status, b.status),
  findings: (a, b) => weight(b) - weight(a),
  complete: (a, b) => (a.complete < 0) - (b.complete < 0) || a.complete - b.complete,
  issues: (a, b) => b.overdue - a.overdue || b.open - a.open,
};
const haystacks = models.map((model) => [model.name, model.owner, ...model.lines, model.record].join("\n").toLowerCase());
const inventory = { state: new URLSearchParams(), built: false };

function matching(state) {
  const needles = (state.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const tests = Object.entries({ ...FILTERS, ...LINKED }).filter(([key]) => state.get(key));
  const found = models.filter((model) =>
    needles.every((needle) => haystacks[model.number].includes(needle)) && tests.every(([key, filter]) => filter.test(model, state.get(key))));
  const sort = state.get("sort") || "findings";
  const order = ORDERS[sort.replace(/^-/, "")] || ORDERS.findings;
  const way = sort.startsWith("-") ? -1 : 1;
  return found.sort((a, b) => way * order(a, b) || byName(a, b));
}

function chooser(key, options) {
  const select = el("select", { id: "filter-" + key }, options.map(([name, text]) => el("option", { value: name }, text)));
  select.addEventListener("change", () => change({ [key]: select.value }));
  return el("p", { class: "field" }, el("label", { for: "filter-" + key }, FILTERS[key].label), select);
}

function build() {
  const search = el("input", { id: "filter-q", type: "search", autocomplete: "off", spellcheck: "false" });
  search.addEventListener("input", () => change({ q: search.value }));
  const any = ["", "Any"];
  const used = (of) => Array.from(new Set(models.map(of)));
  const tiers = [...settings.tiers, ...used((model) => model.tier).filter((tier) => tier && !settings.tiers.includes(tier))];
  const connections = settings.connections.map((one) => [one.name, one.name]);
  const form = el("form", { class: "filters", role: "search", "aria-label": "Models" },
    el("p", { class: "field wide" }, el("label", { for: "filter-q" }, "Name, owner, business line or record"), search),
    chooser("tier", [any, ...tiers.map((tier) => [tier, words(tier)]), ["none", "Unclassified"]]),
    chooser("production", [any, ["yes", "Yes"], ["unapproved", "Yes, unapproved"], ["no", "No"]]),
    chooser("status", [any, ["apart", "Not in agreement"], ...used((model) => model.status).map((status) => [status, STANDING[status][2]])]),
    chooser("severity", [any, ["any", "Some"], ...settings.severities.map((name) => [name, words(name)]), ["none", "None"]]),
    chooser("issues", [any, ["open", "Open"], ["overdue", "Overdue"]]),
    connections.length > 1 && chooser("connection", [any, ...connections]));
  form.addEventListener("submit", (event) => event.preventDefault());
  const clear = el("button", { type: "button", class: "quiet" }, "Clear all");
  clear.addEventListener("click", () => { change(Object.fromEntries([...Object.keys(FILTERS), ...Object.keys(LINKED), "q"].map((key) => [key, ""]))); search.focus(); });
  inventory.chips = el("p", { class: "chips" });
  inventory.clear = clear;
  inventory.count = el("p", { class: "total", role: "status" });
  inventory.place = el("div", {});
  inventory.pager = el("nav", { class: "pager", "aria-label": "Pages of the list" });
  document.getElementById("inventory-body").append(form, el("div", { class: "row" }, inventory.count, inventory.chips), inventory.place, inventory.pager);
  inventory.built = true;
}

// A change by the person at the keyboard: the address follows, without a new entry in the browser's history.
function change(values) {
  for (const [key, wanted] of Object.entries({ page: "", ...values })) {
    if (wanted) inventory.state.set(key, wanted); else inventory.state.delete(key);
  }
  const query = inventory.state.toString();
  window.history.replaceState(null, "", "#inventory" + (query ? "?" + query : ""));
  draw();
}

function showInventory(query) {
  inventory.state = new URLSearchParams(query);
  if (!inventory.built) build();
  for (const key of ["q", ...Object.keys(FILTERS)]) {
    const input = document.getElementById("filter-" + key);
    if (input) input.value = inventory.state.get(key) || "";
  }
  draw();
}

const COLUMNS = [["name", "Model"], ["tier", "Tier"], ["production", "In production"], ["status", "Both sides"], ["findings", "Findings"], ["issues", "Open issues"], ["complete", "Complete"]];

function head([key, text]) {
  const sort = inventory.state.get("sort") || "findings";
  const active = sort.replace(/^-/, "") === key;
  const button = el("button", { type: "button", class: "sort", "data-sort": key }, text, el("span", { class: "arrow", "aria-hidden": "true" }, active ? (sort.startsWith("-") ? "▲" : "▼") : ""));
  button.addEventListener("click", () => {
    change({ sort: active && !sort.startsWith("-") ? "-" + key : key });
    inventory.place.querySelector(`[data-sort="${key}"]`).focus();
  });
  return el("th", { scope: "col", "aria-sort": active ? (sort.startsWith("-") ? "descending" : "ascending") : undefined }, button);
}

function line(model) {
  const about = model.lines.length ? model.lines.join(", ") : "no business line";
  const severities = settings.severities.map((name, place) => model.counts[place] > 0 && severityBadge(name, model.counts[place]));
  return el("tr", {},
    el("th", { scope: "row" }, el("a", { href: addressOf(model) }, bdi(model.name)), el("span", { class: "small under" }, bdi(about), settings.connections.length > 1 && [" · ", bdi(settings.connections[model.connection].name)])),
    el("td", { "data-label": "Tier" }, model.tier ? bdi(words(model.tier)) : el("span", { class: "none" }, "unclassified")),
    el("td", { "data-label": "In production" }, model.production ? [el("span", { class: "mark " + (model.production === 2 ? "bad" : "good") }, glyph(model.production === 2 ? "bad" : "good"), model.production === 2 ? "Unapproved" : "Approved"), el("span", { class: "small under" }, "version " + model.running)] : el("span", { class: "none" }, "no")),
    el("td", { "data-label": "Both sides" }, standing(model.status)),
    el("td", { "data-label": "Findings" }, model.findings ? el("span", { class: "sevs" }, severities) : el("span", { class: "none" }, "none")),
    el("td", { "data-label": "Open issues" }, model.open ? [number(model.open), model.overdue > 0 && el("span", { class: "late" }, ` ${number(model.overdue)} overdue`)] : el("span", { class: "none" }, "none")),
    el("td", { "data-label": "Complete" }, model.complete < 0 ? el("span", { class: "none" }, "–") : `${model.complete}%`));
}

function draw({ all = false } = {}) {
  const found = matching(inventory.state);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const page = Math.min(pages, Math.max(1, Number(inventory.state.get("page")) || 1));
  const rows = all ? found.slice(0, PRINTED) : found.slice((page - 1) * PAGE, page * PAGE);
  inventory.count.textContent = found.length === models.length ? counted(found.length, "model") : `${number(found.length)} of ${counted(models.length, "model")}`;
  const chips = Object.entries(LINKED).filter(([key]) => inventory.state.get(key)).map(([key, filter]) => {
    const wanted = inventory.state.get(key);
    const button = el("button", { type: "button", class: "chip" }, `${filter.label}: `, bdi(wanted === "-" ? "none recorded" : wanted), el("span", { "aria-hidden": "true" }, " ×"), el("span", { class: "hidden" }, ", remove this filter"));
    button.addEventListener("click", () => { change({ [key]: "" }); document.getElementById("filter-q").focus(); });
    return button;
  });
  const filtered = ["q", ...Object.keys(FILTERS), ...Object.keys(LINKED)].some((key) => inventory.state.get(key));
  inventory.chips.replaceChildren(...chips, ...(filtered ? [inventory.clear] : []));
  const list = el("table", { class: "list stacks models" },
    el("caption", { class: "hidden" }, "Models; the buttons in the first row sort them"),
    el("thead", {}, el("tr", {}, COLUMNS.map(head))),
    el("tbody", {}, rows.map(line)));
  inventory.place.replaceChildren(rows.length ? list : el("p", { class: "nothing" }, "No model fits these filters."));
  if (all && found.length > rows.length) inventory.place.append(el("p", { class: "small" }, `The first ${number(rows.length)} of ${number(found.length)} models are printed; a filter narrows the list.`));
  inventory.pager.replaceChildren(...pager(page, pages));
}

function pager(page, pages) {
  if (pages < 2) return [];
  const step = (text, to) => {
    const button = el("button", { type: "button", class: "quiet", disabled: to < 1 || to > pages }, text);
    button.addEventListener("click", () => { change({ page: to > 1 ? String(to) : "" }); const title = document.getElementById("inventory-title"); title.focus(); title.scrollIntoView(); });
    return button;
  };
  return [step("Previous", page - 1), el("span", {}, `Page ${number(page)} of ${number(pages)}`), step("Next", page + 1)];
}
