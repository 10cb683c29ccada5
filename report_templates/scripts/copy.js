// Beside each text that is there to be taken: a button that copies it.

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

for (const source of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${source.dataset.copy}`);
  button.setAttribute("aria-live", "polite");
  const paragraphs = () => [...source.querySelectorAll("p")].map((each) => each.textContent);
  const text = () => (source.matches("pre") ? source.textContent : paragraphs().join("\n\n"));
  button.addEventListener("click", () => copy(text(), button));
  source.after(button);
}
