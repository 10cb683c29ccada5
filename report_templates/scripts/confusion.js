const source = document.getElementById("confusions");
const variants = source ? JSON.parse(source.textContent) : [];
const counts = new Map(variants.map((each) => [each.anchor, each]));
const SIGNED = { plus: "+", minus: "−" };
const WIDEST = 0.25;
const CAPTIONS = {
  rows: "Per cent of each row: what the images of a class were answered as",
  columns: "Per cent of each column: what the images of an answer are",
};

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const percent = (share) => (100 * share).toFixed(1);
const part = (count, total) => (total ? count / total : null);
const NONE = { text: "", colour: "heat-0" };

function ofRows(matrix) {
  return matrix.map((row) => row.map((count) => part(count, sum(row))));
}

function ofColumns(matrix) {
  const totals = matrix.map((_, column) => sum(matrix.map((row) => row[column])));
  return matrix.map((row) => row.map((count, column) => part(count, totals[column])));
}

function points(difference) {
  const size = percent(Math.abs(difference));
  return size === "0.0" ? size : (difference > 0 ? SIGNED.plus : SIGNED.minus) + size;
}

function shares(matrix) {
  return matrix.map((row) =>
    row.map((share) =>
      share === null ? NONE : { text: percent(share), colour: `heat-${Math.round(10 * share)}` },
    ),
  );
}

function differences(own, other) {
  const [here, there] = [ofRows(own.counts), ofRows(other.counts)];
  return here.map((row, label) =>
    row.map((share, answer) => {
      if (share === null || there[label][answer] === null) return NONE;
      const difference = share - there[label][answer];
      const depth = Math.round(10 * Math.min(Math.abs(difference) / WIDEST, 1));
      return {
        text: points(difference),
        colour: `${difference < 0 ? "less" : "more"}-${depth}`,
        meaning: `${percent(share)} % of the row, and ${percent(there[label][answer])} % in ${other.name}`,
      };
    }),
  );
}

function remember(confusion) {
  const region = confusion.querySelector(".matrix");
  const cells = [...region.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  return {
    region,
    caption: region.querySelector("caption"),
    told: region.querySelector("caption").textContent,
    name: region.getAttribute("aria-label"),
    cells,
    first: cells.map((row) =>
      row.map((cell) => ({ text: cell.textContent, colour: cell.className, meaning: cell.title })),
    ),
  };
}

function write(shown, mode, caption, content) {
  shown.region.dataset.mode = mode;
  shown.caption.textContent = caption;
  content.forEach((row, label) =>
    row.forEach(({ text, colour, meaning }, answer) => {
      const [cell, first] = [shown.cells[label][answer], shown.first[label][answer]];
      cell.textContent = text;
      cell.className = mode === "counts" ? first.colour : `${colour}${label === answer ? " right" : ""}`;
      cell.title = meaning && mode !== "counts" ? `${first.meaning}; ${meaning}` : first.meaning;
    }),
  );
}

function show(shown, own, mode, other) {
  if (mode === "difference") {
    const caption =
      `Per cent of row less that of ${other.name}, in points: blue and + where the answer is more ` +
      "frequent here, orange and − where it is less. Rows: the label; columns: the answer";
    write(shown, mode, caption, differences(own, other));
  } else if (mode === "counts") {
    write(shown, mode, shown.told, shown.first);
  } else {
    const matrix = mode === "rows" ? ofRows(own.counts) : ofColumns(own.counts);
    write(shown, mode, `${CAPTIONS[mode]}. Rows: the label; columns: the answer`, shares(matrix));
  }
}

function offer(select, own) {
  for (const each of variants) {
    if (each !== own) select.add(new Option(each.name, each.anchor));
  }
}

function attend(confusion) {
  const details = confusion.closest("details");
  const own = counts.get(details.id);
  const [shown, select] = [remember(confusion), confusion.querySelector("select")];
  const buttons = [...confusion.querySelectorAll("[data-show]")];
  let chosen = "counts";
  const press = (mode) => {
    chosen = mode;
    if (mode !== "difference") select.value = "";
    buttons.forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.show === mode)));
    show(shown, own, mode, counts.get(select.value));
  };
  buttons.forEach((button) => button.addEventListener("click", () => press(button.dataset.show)));
  select.addEventListener("change", () => press(select.value ? "difference" : "counts"));
  details.addEventListener("toggle", () => offer(select, own), { once: true });
  addEventListener("beforeprint", () => show(shown, own, "counts"));
  addEventListener("afterprint", () => show(shown, own, chosen, counts.get(select.value)));
  confusion.querySelector(".versus").hidden = variants.length < 2;
  confusion.querySelector(".reading").hidden = false;
}

document.querySelectorAll(".confusion").forEach(attend);
