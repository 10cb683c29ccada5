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
