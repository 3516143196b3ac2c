// The page of all hosts: a field that finds hosts by name, headings that sort. Without scripts the page is whole, worst first.
// What was asked for stands in the address, so that the page that loads itself again shows the same.
"use strict";
const table = document.querySelector("table.fleet");
const here = document.currentScript.dataset;
const asked = new URLSearchParams(location.hash.slice(1));
const hosts = [...table.tBodies];
const headings = [...table.tHead.rows[0].cells];

// A column without numbers of its own sorts as the page came: by state, by name.
const number = (host, column) => parseFloat(host.rows[0].cells[column].dataset.value);
const name = (host) => host.rows[0].cells[1].textContent.trim();
const order = {
  0: () => 0,
  1: (one, other) => name(one).localeCompare(name(other)),
};
const byNumber = (column) => (one, other) => {
  const [a, b] = [number(one, column), number(other, column)];
  // What is not known comes last, whichever way.
  return isNaN(a) || isNaN(b) ? isNaN(a) - isNaN(b) : b - a;
};

const show = () => {
  const words = (asked.get("find") || "").toLowerCase().split(/\s+/).filter(Boolean);
  const column = Number(asked.get("sort") || 0);
  const sorted = [...hosts].sort(order[column] || byNumber(column));
  if (asked.get("back") && column > 0) sorted.reverse();
  table.append(...sorted);
  let found = 0;
  for (const host of hosts) {
    host.hidden = !words.every((word) => host.textContent.toLowerCase().includes(word));
    found += host.hidden ? 0 : 1;
  }
  for (const [index, heading] of headings.entries()) {
    // Names sort from A on, numbers from the largest.
    const ascends = (index === 1) !== asked.has("back");
    if (index === column) heading.setAttribute("aria-sort", ascends ? "ascending" : "descending");
    else heading.removeAttribute("aria-sort");
  }
  count.textContent = words.length > 0 ? `${found} / ${hosts.length}` : "";
  const text = asked.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname);
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
    show();
  });
  heading.append(button);
}

const field = document.createElement("input");
const count = document.createElement("span");
const line = document.createElement("p");
field.type = "search";
field.placeholder = here.find;
field.setAttribute("aria-label", here.find);
field.value = asked.get("find") || "";
field.addEventListener("input", () => {
  if (field.value) asked.set("find", field.value);
  else asked.delete("find");
  show();
});
count.setAttribute("role", "status");
line.className = "find";
line.append(field, count);
table.before(line);
show();
