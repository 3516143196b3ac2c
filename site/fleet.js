// The pages of all hosts: a field that finds hosts by name, tag, group or what is wrong with them, headings that sort. Without
// scripts the pages are whole. What was asked for stands in the address, so that a page that loads itself again shows the same.
"use strict";
const table = document.querySelector("table.fleet");
const map = document.querySelector(".map");
const here = document.currentScript.dataset;
const asked = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
const headings = table ? [...table.tHead.rows[0].cells] : [];
// Hosts that the field lists where their rows are on other pages.
const MOST_LISTED = 30;

// Hosts stay under the heading of their group.
const groups = [];
for (const body of table ? table.tBodies : []) {
  if (body.classList.contains("group")) groups.push({ heading: body, hosts: [] });
  else if (groups.length > 0) groups[groups.length - 1].hosts.push(body);
  else groups.push({ heading: null, hosts: [body] });
}
const hosts = groups.flatMap((group) => group.hosts);
const cells = map ? [...map.querySelectorAll(".cells a")] : [];

const text = (host) => `${host.textContent} ${host.dataset.group || ""}`.toLowerCase();
const told = (cell) => `${cell.title} ${cell.closest(".block").querySelector("h3")?.textContent || ""}`.toLowerCase();

// A column without numbers of its own sorts as the page came: by state, by name.
const number = (host, column) => parseFloat(host.rows[0].cells[column].dataset.value);
const name = (host) => host.rows[0].cells[1].querySelector("a").textContent.trim();
const order = {
  0: () => 0,
  1: (one, other) => name(one).localeCompare(name(other)),
};
const byNumber = (column) => (one, other) => {
  const [a, b] = [number(one, column), number(other, column)];
  // What is not known comes last, whichever way.
  return isNaN(a) || isNaN(b) ? isNaN(a) - isNaN(b) : b - a;
};

const list = (found, any) => {
  const few = any ? found.slice(0, MOST_LISTED) : [];
  const items = few.map((cell) => {
    const [item, link] = [document.createElement("li"), document.createElement("a")];
    link.href = cell.getAttribute("href");
    link.textContent = cell.title;
    item.append(link);
    return item;
  });
  if (any && found.length > few.length) {
    const more = document.createElement("li");
    more.textContent = "…";
    items.push(more);
  }
  results.replaceChildren(...items);
};

const show = () => {
  const words = (asked.get("find") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const column = Number(asked.get("sort") || 0);
  const fits = (text) => words.every((word) => text.includes(word));
  let found = 0;
  for (const group of groups) {
    const sorted = [...group.hosts].sort(order[column] || byNumber(column));
    if (asked.get("back") && column > 0) sorted.reverse();
    table.append(...(group.heading ? [group.heading] : []), ...sorted);
    let inside = 0;
    for (const host of group.hosts) {
      host.hidden = !fits(text(host));
      inside += host.hidden ? 0 : 1;
    }
    if (group.heading) group.heading.hidden = inside === 0;
    found += inside;
  }
  const fitting = cells.filter((cell) => {
    const is = fits(told(cell));
    cell.classList.toggle("away", !is);
    return is;
  });
  if (!table) {
    found = fitting.length;
    list(fitting, words.length > 0);
  }
  for (const [index, heading] of headings.entries()) {
    // Names sort from A on, numbers from the largest.
    const ascends = (index === 1) !== asked.has("back");
    if (index === column) heading.setAttribute("aria-sort", ascends ? "ascending" : "descending");
    else heading.removeAttribute("aria-sort");
  }
  count.textContent = words.length > 0 ? `${found} / ${table ? hosts.length : cells.length}` : "";
};

const ask = () => {
  const said = asked.toString();
  history.replaceState(null, "", said ? `#${said}` : location.pathname);
  show();
};

for (const [index, heading] of headings.entries()) {
  if (index > 1 && !heading.dataset.sorts) continue;
  const button = document.createElement("button");
  button.append(...heading.childNodes);
  button.addEventListener("click", () => {
    const again = Number(asked.get("sort") || 0) === index && index > 0 && !asked.get("back");
    asked.delete("sort");
    asked.delete("back");
    if (index > 0) asked.set("sort", index);
    if (again) asked.set("back", 1);
    ask();
  });
  heading.append(button);
}

// The choice of colours outlives that the page loads itself again.
for (const choice of map ? map.querySelectorAll("input") : []) {
  if (asked.get("heat") === choice.id) choice.checked = true;
  choice.addEventListener("change", () => {
    asked.set("heat", choice.id);
    ask();
  });
}

const field = document.createElement("input");
const count = document.createElement("span");
const line = document.createElement("p");
const results = document.createElement("ul");
field.type = "search";
field.placeholder = here.find;
field.setAttribute("aria-label", here.find);
field.value = asked.get("find") || "";
field.addEventListener("input", () => {
  if (field.value) asked.set("find", field.value);
  else asked.delete("find");
  ask();
});
count.setAttribute("role", "status");
line.className = "find";
line.append(field, count);
results.className = "found";
if (table) table.before(line);
else if (map) map.closest("section").before(line, results);
if (table || map) show();
