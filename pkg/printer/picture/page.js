"use strict";
// What the picture says of a node, on a click or with the keyboard. All of it is in the picture.
const nodes = new Map([...document.querySelectorAll(".node")].map(n => [n.id, n]));
const lines = [...document.querySelectorAll(".line")];
const find = document.getElementById("find"), space = document.getElementById("space"), openOnly = document.getElementById("open");
const about = document.getElementById("about");
const label = id => nodes.get(id).querySelector("text").textContent;
const full = id => { const g = nodes.get(id).dataset.group; return (g ? g + "/" : "") + label(id); };
let chosen = null;

function list(title, items, other) {
  const h = document.createElement("h2");
  h.textContent = title + " (" + items.length + ")";
  const ul = document.createElement("ul");
  for (const line of items) {
    const li = document.createElement("li"), b = document.createElement("button");
    b.className = "end";
    b.textContent = full(line.dataset[other]);
    b.onclick = () => { choose(line.dataset[other]); nodes.get(line.dataset[other]).focus(); };
    li.append(b, ": " + line.dataset.label);
    ul.append(li);
  }
  about.append(h, ul);
}

function choose(id) {
  chosen = id;
  about.replaceChildren();
  for (const n of nodes.values()) n.classList.toggle("chosen", n.id === id);
  if (id) {
    const h = document.createElement("h2");
    h.textContent = full(id);
    about.append(h);
    list("Reached by", lines.filter(l => l.dataset.to === id && !l.classList.contains("hidden")), "from");
    list("Reaches", lines.filter(l => l.dataset.from === id && !l.classList.contains("hidden")), "to");
  } else {
    about.textContent = "Choose a node: by a click, or with Tab and Enter. Escape lets it go.";
  }
  shade();
}

// shade dims what the choice and the search are not about.
function shade() {
  const words = find.value.trim().toLowerCase(), near = new Set();
  for (const l of lines) {
    l.classList.toggle("hidden", openOnly.checked && !l.classList.contains("open"));
    const mine = !chosen || l.dataset.from === chosen || l.dataset.to === chosen;
    if (mine && !l.classList.contains("hidden")) { near.add(l.dataset.from); near.add(l.dataset.to); }
    const here = !space.value || nodes.get(l.dataset.from).dataset.group === space.value || nodes.get(l.dataset.to).dataset.group === space.value;
    l.classList.toggle("dim", !mine || !here);
  }
  for (const [id, n] of nodes) {
    const found = !words || full(id).toLowerCase().includes(words);
    const here = !space.value || n.dataset.group === space.value || near.has(id) && chosen;
    n.classList.toggle("dim", !found || !here || chosen && id !== chosen && !near.has(id));
  }
}

for (const n of nodes.values()) {
  n.addEventListener("click", () => choose(n.id === chosen ? null : n.id));
  n.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(n.id); } });
}
document.addEventListener("keydown", e => { if (e.key === "Escape") choose(null); });
for (const g of new Set([...nodes.values()].map(n => n.dataset.group).filter(g => g))) space.add(new Option(g, g));
find.addEventListener("input", shade);
space.addEventListener("change", shade);
openOnly.addEventListener("change", () => { shade(); choose(chosen); });
choose(null);
