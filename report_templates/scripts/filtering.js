const board = document.querySelector("table.choosable");

function words(row) {
  const reason = row.querySelector(".reason")?.textContent ?? "";
  return [row.cells[0].textContent, reason, ...Object.values(row.dataset)].join(" ").toLowerCase();
}

function wanted(chips) {
  const facts = new Map();
  for (const { dataset } of chips) {
    facts.set(dataset.fact, [...(facts.get(dataset.fact) ?? []), dataset.value]);
  }
  return facts;
}

if (board) {
  const search = document.getElementById("filter");
  const chips = [...document.querySelectorAll("[data-fact]")];
  const count = document.querySelector(".count");
  const rows = [...board.tBodies[0].rows];
  const text = new Map(rows.map((row) => [row, words(row)]));
  const update = () => {
    const parts = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const facts = wanted(chips.filter((chip) => chip.getAttribute("aria-pressed") === "true"));
    for (const row of rows) {
      const said = parts.every((part) => text.get(row).includes(part));
      const is = [...facts].every(([fact, values]) => values.includes(row.dataset[fact]));
      row.hidden = !(said && is);
    }
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = `${shown} of ${rows.length} shown`;
  };
  search.addEventListener("input", update);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const pressed = chip.getAttribute("aria-pressed") === "true";
      chip.setAttribute("aria-pressed", String(!pressed));
      update();
    });
  }
  document.querySelector(".controls").hidden = false;
}
