// Under each table: the table as CSV, Markdown and LaTeX, as benchmarks/report/files/table_formats.py
// writes it. Its patterns and escapes come with the page, as TABLE_FORMATS.

const { markdown: MARKDOWN, latex: LATEX, missing: MISSING, minus: MINUS } = TABLE_FORMATS;
const pattern = (name, flags = "u") => new RegExp(TABLE_FORMATS.patterns[name], flags);
const FORMULA = pattern("formula");
const NUMBER = pattern("number");
const NUMERIC = pattern("numeric");
const [CONTROL, LINES, SPACES, SINGLE] = ["control", "lines", "spaces", "single"].map((name) => pattern(name, "gu"));

function flat(text) {
  const clean = (line) => line.replace(CONTROL, "").replace(SPACES, " ").trim();
  return text.split(LINES).map(clean).filter(Boolean).join("; ");
}

const escapeLatex = (text) => text.replace(SINGLE, (each) => LATEX[each] ?? each);
const escapeMarkdown = (text) => [...text].map((each) => MARKDOWN[each] ?? each).join("");

function words(node) {
  const kept = (child) => !(child instanceof Element) || !child.matches("small, svg, .tip, [aria-hidden=true]");
  const text = (child) => (child instanceof Text ? child.data : child instanceof Element ? words(child) : "");
  return [...node.childNodes].filter(kept).map(text).join("");
}

const seen = (element) => getComputedStyle(element).display !== "none";

function read(cell) {
  const note = [...cell.querySelectorAll("small")].map((each) => each.textContent).join("; ");
  return { text: flat(words(cell)), note: flat(note), span: cell.colSpan };
}

function contents(table) {
  const kept = (row) => seen(row) && !row.querySelector("th[scope=rowgroup]");
  const rows = (part) => [...part.rows].filter(kept).map((row) => [...row.cells].filter(seen).map(read));
  const caption = table.caption ? words(table.caption) : table.parentElement.ariaLabel ?? "";
  return {
    caption: flat(caption),
    heads: rows(table.tHead)[0].map((head) => head.text),
    rows: [...table.tBodies].flatMap(rows),
  };
}

const blank = { text: "", note: "", span: 1 };
const spread = (row) => row.flatMap((cell) => [cell, ...Array(cell.span - 1).fill(blank)]);
const column = (shown, place) => shown.rows.map((row) => spread(row)[place]);

function sides(shown) {
  return shown.heads.map((_, place) => {
    const filled = column(shown, place).map((cell) => cell.text).filter((text) => text && text !== MISSING);
    return place > 0 && filled.length > 0 && filled.every((text) => NUMERIC.test(text)) ? "r" : "l";
  });
}

function asCsv(shown) {
  const noted = shown.heads.map((_, place) => column(shown, place).some((cell) => cell.note));
  const field = (text) => {
    const number = text.replaceAll(MINUS, "-");
    const written = NUMBER.test(number) ? number : text === MISSING ? "" : FORMULA.test(text) ? `'${text}` : text;
    return /[",\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
  };
  const heads = shown.heads.flatMap((head, place) => [head, ...(noted[place] ? [`${head} (note)`] : [])]);
  const rows = shown.rows.map((row) =>
    spread(row).flatMap((cell, place) => [cell.text, ...(noted[place] ? [cell.note] : [])]));
  return [heads, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

function asMarkdown(shown) {
  const cell = ({ text, note }) => escapeMarkdown(text) + (note ? ` (${escapeMarkdown(note)})` : "");
  const lines = [
    shown.heads.map(escapeMarkdown),
    sides(shown).map((side) => (side === "l" ? ":---" : "---:")),
    ...shown.rows.map((row) => spread(row).map(cell)),
  ];
  return `${escapeMarkdown(shown.caption)}\n\n${lines.map((line) => `| ${line.join(" | ")} |\n`).join("")}`;
}

function asLatex(shown) {
  const cell = ({ text, note, span }) => {
    const written = escapeLatex(text) + (note ? ` {\\footnotesize (${escapeLatex(note)})}` : "");
    return span > 1 ? `\\multicolumn{${span}}{l}{${written}}` : written;
  };
  return [
    "% in the preamble: \\usepackage{booktabs,adjustbox}",
    "\\begin{table}[htbp]",
    "\\centering",
    `\\caption{${escapeLatex(shown.caption)}}`,
    "\\begin{adjustbox}{max width=\\linewidth, max totalheight=0.9\\textheight}",
    `\\begin{tabular}{${sides(shown).join("")}}`,
    "\\toprule",
    `${shown.heads.map(escapeLatex).join(" & ")} \\\\`,
    "\\midrule",
    ...shown.rows.map((row) => `${row.map(cell).join(" & ")} \\\\`),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{adjustbox}",
    "\\end{table}",
  ].join("\n") + "\n";
}

function download(table, write, ending) {
  const shown = contents(table);
  const variant = table.closest(".variant")?.querySelector(".name")?.textContent ?? "";
  const name = `${variant} ${shown.caption.split(":")[0]}`.toLowerCase().match(/[a-z0-9]+/g)?.join("-");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([write(shown)], { type: "text/plain;charset=utf-8" }));
  link.download = `${(name ?? "table").slice(0, 80)}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function offer(table, caption) {
  const bar = document.createElement("div");
  bar.className = "take";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", `Download the table “${caption}”`);
  for (const [label, ending, write] of [["CSV", "csv", asCsv], ["Markdown", "md", asMarkdown], ["LaTeX", "tex", asLatex]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => download(table, write, ending));
    bar.append(button);
  }
  return bar;
}

for (const region of document.querySelectorAll(".scroll")) {
  const table = region.querySelector("table");
  if (table?.tHead) region.after(offer(table, region.ariaLabel ?? ""));
}
