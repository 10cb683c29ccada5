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
