// What the address asks for: a view, a place in it, the list with its filters, or a model's page.
const VIEWS = ["summary", "findings", "inventory", "model"];
const TITLE = document.title;

function show(view, title) {
  for (const each of VIEWS) document.getElementById(each).hidden = each !== view;
  document.documentElement.dataset.view = view;
  for (const link of document.querySelectorAll(".top nav a")) {
    const active = link.getAttribute("href") === "#" + view || (view === "model" && link.getAttribute("href") === "#inventory");
    if (active) link.setAttribute("aria-current", view === "model" ? "true" : "page"); else link.removeAttribute("aria-current");
  }
  document.title = title ? `${title} | ${TITLE}` : TITLE;
}

// Counts up with every address, so that a page that took long to open does not replace a newer one.
let turn = 0;

async function route({ moved = true } = {}) {
  const hash = window.location.hash.slice(1);
  if (hash === "main") return;
  const mine = ++turn;
  let heading = "summary-title";
  if (hash.startsWith("m=")) {
    const model = byAnchor.get(decoded(hash.slice(2)));
    if (document.readyState === "loading") await new Promise((ready) => document.addEventListener("DOMContentLoaded", ready, { once: true }));
    const able = "DecompressionStream" in window;
    const page = able && model && (await pageOf(model));
    if (mine !== turn) return;
    if (page) showModel(model, page);
    else if (model) said(model.name, "This browser is too old to open the pages of models; one of 2023 or later can.");
    else said("No such model", "This report has no model ", bdi(decoded(hash.slice(2))), ".");
    show("model", model ? model.name : "Not found");
    heading = "model-title";
  } else if (hash === "inventory" || hash.startsWith("inventory?")) {
    showInventory(hash.slice("inventory?".length));
    show("inventory", "Inventory");
    heading = "inventory-title";
  } else if (findingsHas(hash)) {
    show("findings", "Findings");
    heading = hash + "-title";
    openFor(document.getElementById(hash));
  } else {
    show("summary", "");
  }
  if (!moved) return;
  const title = document.getElementById(heading);
  title.setAttribute("tabindex", "-1");
  title.focus({ preventScroll: true });
  if (document.getElementById("findings").contains(title) && hash !== "findings") title.scrollIntoView(); else window.scrollTo(0, 0);
}

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

function findingsHas(hash) {
  const place = document.getElementById(hash);
  return place !== null && document.getElementById("findings").contains(place);
}

function openFor(section) {
  const details = section.querySelector(":scope > details");
  if (details) details.open = true;
}

function said(title, ...what) {
  document.getElementById("model").replaceChildren(
    el("h1", { id: "model-title", tabindex: "-1" }, bdi(title)),
    el("p", {}, what, " ", el("a", { href: "#inventory" }, "See the inventory"), "."));
}

// On paper: everything that was folded, and all of the list that the filters leave.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = Array.from(document.querySelectorAll("main .view:not([hidden]) details:not([open]), #findings details:not([open])"));
  for (const one of folded) one.open = true;
  if (document.documentElement.dataset.view === "inventory") draw({ all: true });
});
window.addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
  if (document.documentElement.dataset.view === "inventory") draw();
});
window.addEventListener("hashchange", () => route());
route({ moved: window.location.hash !== "" });
