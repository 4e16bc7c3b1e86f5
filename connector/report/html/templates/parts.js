// Small pieces of a page.
function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}
const SVG = "http://www.w3.org/2000/svg";
function glyph(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", "#g-" + name);
  svg.append(use);
  return svg;
}
const bdi = (text) => el("bdi", {}, text);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const ACRONYMS = { ml: "ML", llm: "LLM", euc: "EUC", genai: "GenAI" };
const words = (name) => ACRONYMS[name] || capital(name.replaceAll(/[_-]+/g, " "));
const number = (value) => value.toLocaleString("en-GB");
const counted = (value, one, many) => `${number(value)} ${value === 1 ? one : many || one + "s"}`;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
function when(text, { minutes = false } = {}) {
  const found = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d))?/.exec(text || "");
  if (!found || !MONTHS[found[2] - 1]) return text || "";
  const day = `${Number(found[3])} ${MONTHS[found[2] - 1]} ${found[1]}`;
  return minutes && found[4] ? `${day}, ${found[4]} UTC` : day;
}
const time = (text, options) => el("time", { datetime: text }, when(text, options));

const severityBadge = (name, count) => el("span", { class: "sev " + name }, glyph(name), count === undefined ? words(name) : `${number(count)} ${name}`);

const STANDING = settings.standing;
function standing(status) {
  const [mark, tone, text] = STANDING[status] || ["none", "plain", words(status)];
  return el("span", { class: "mark " + tone }, glyph(mark), text);
}

const DECIDED = {
  approved: "good", passed: "good", conditional: "good", provisional: "wait", pending: "wait", not_submitted: "none",
  rejected: "bad", failed: "bad", expired: "bad", withdrawn: "bad",
};
const TONES = { good: "good", bad: "bad", wait: "warn", none: "plain" };
function decision(value) {
  const key = value.toLowerCase().replaceAll(/[ -]+/g, "_");
  const mark = DECIDED[key] || "none";
  return el("span", { class: `mark ${TONES[mark]}${value.length > 24 ? " long" : ""}` }, glyph(mark), bdi(words(value)));
}

// A link out of the file is followed only when somebody clicks it.
const out = (url, ...children) => (url ? el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, children, el("span", { class: "hidden" }, " (opens another site)")) : children);

function value(text, type) {
  if (!text) return el("span", { class: "none" }, "empty");
  if (type === "date" || type === "time") return time(text, { minutes: type === "time" });
  if (type === "choice") return words(text);
  if (type === "list") {
    const list = members(text);
    return list.length === 1 ? bdi(list[0]) : el("ul", { class: "values" }, list.map((one) => el("li", {}, bdi(one))));
  }
  const map = type === "map" ? parsed(text) : undefined;
  if (map && typeof map === "object" && !Array.isArray(map)) {
    const shown = (one) => (typeof one === "string" ? one : JSON.stringify(one));
    return el("dl", { class: "values" }, Object.entries(map).map(([key, one]) => el("div", {}, el("dt", {}, bdi(key)), el("dd", {}, bdi(shown(one))))));
  }
  return el("bdi", { class: "text" }, text);
}

function table(columns, rows, { name, caption } = {}) {
  const heads = columns.map(([text, kind]) => el("th", { scope: "col", class: kind }, text));
  return el("table", { class: "list stacks " + (name || "") },
    caption && el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, heads)),
    el("tbody", {}, rows));
}
