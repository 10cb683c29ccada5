function showColumn(table, index, shown) {
  for (const row of table.rows) {
    let start = 0;
    for (const cell of row.cells) {
      const width = Number(cell.dataset.span ?? cell.colSpan);
      if (width === 1 && start === index) cell.hidden = !shown;
      if (width > 1) {
        cell.dataset.span = width;
        const covered = [...table.tHead.rows[0].cells].slice(start, start + width);
        cell.colSpan = Math.max(1, covered.filter((heading) => !heading.hidden).length);
      }
      start += width;
    }
  }
}

const table = document.querySelector("table.choosable");
if (table) {
  const boxes = document.querySelectorAll("[data-column]");
  for (const box of boxes) {
    const apply = () => showColumn(table, Number(box.dataset.column), box.checked);
    box.addEventListener("change", apply);
    if (!box.checked) apply();
  }
}
