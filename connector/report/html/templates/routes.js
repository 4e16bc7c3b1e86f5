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

function route({ moved = true } = {}) {
  const hash = window.location.hash.slice(1);
  if (hash === "main") return;
  let heading = "summary-title";
  if (hash.startsWith("m=")) {
    let anchor = "";
    try { anchor = decodeURIComponent(hash.slice(2)); } catch { anchor = ""; }
    const model = byAnchor.get(anchor);
    if (!model) lost(anchor);
    else if (document.readyState !== "loading") showModel(model);
    else { document.addEventListener("DOMContentLoaded", () => route({ moved }), { once: true }); return; }
    show("model", model ? model.name : "Not found");
    heading = "model-title";
  } else if (hash === "inventory" || hash.startsWith("inventory?")) {
    showInventory(hash.slice("inventory?".length));
    show("inventory", "Inventory");
    heading = "inventory-title";
  } else if (hash && document.getElementById(hash) && document.getElementById("findings").contains(document.getElementById(hash))) {
    show("findings", "Findings");
    heading = hash === "findings" ? "findings-title" : hash + "-title";
    openFor(document.getElementById(hash));
  } else {
    show("summary", "");
  }
  if (!moved) return;
  const title = document.getElementById(heading);
  title.setAttribute("tabindex", "-1");
  title.focus({ preventScroll: true });
  if (heading.startsWith("C") || heading === "accepted-title") title.scrollIntoView(); else window.scrollTo(0, 0);
}

function openFor(section) {
  const details = section.querySelector(":scope > details");
  if (details) details.open = true;
}

function lost(anchor) {
  document.getElementById("model").replaceChildren(
    el("h1", { id: "model-title", tabindex: "-1" }, "No such model"),
    el("p", {}, "This report has no model ", bdi(anchor), ". ", el("a", { href: "#inventory" }, "See the inventory"), "."));
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
