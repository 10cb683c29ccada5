"use strict";

function compare(one, other) {
  const [a, b] = [Number(one), Number(other)];
  return Number.isNaN(a) || Number.isNaN(b) ? one.localeCompare(other) : a - b;
}

function sortBy(table, index, direction) {
  const body = table.tBodies[0];
  const key = (row) => row.cells[index]?.dataset.sort ?? "";
  const rows = [...body.rows];
  const filled = rows.filter((row) => key(row) !== "");
  const blank = rows.filter((row) => key(row) === "");
  filled.sort((one, other) => direction * compare(key(one), key(other)));
  body.append(...filled, ...blank);
}

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, index) => {
    const button = heading.querySelector("button");
    button.addEventListener("click", () => {
      const turned = { ascending: "descending", descending: "ascending" };
      const order = turned[heading.getAttribute("aria-sort")] ?? button.dataset.first;
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      sortBy(table, index, order === "ascending" ? 1 : -1);
    });
  });
}

function show(confusion, mode) {
  for (const button of confusion.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === mode));
  }
  for (const matrix of confusion.querySelectorAll("[data-mode]")) {
    matrix.hidden = matrix.dataset.mode !== mode;
  }
}

for (const confusion of document.querySelectorAll(".confusion")) {
  show(confusion, "counts");
  confusion.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) show(confusion, button.dataset.show);
  });
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

addEventListener("hashchange", openTarget);
openTarget();

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  closed.forEach((details) => (details.open = true));
});
addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)));
