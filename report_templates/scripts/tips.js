// A mouse over a question mark shows what its column means; without this, a click or Enter does.

const mouse = (event) => event.pointerType === "mouse" && event.target.closest?.(".tip");

document.addEventListener("pointerover", (event) => {
  const tip = mouse(event);
  if (tip) tip.popoverTargetElement?.showPopover({ source: tip });
});
document.addEventListener("pointerout", (event) => {
  const tip = mouse(event);
  if (tip && document.activeElement !== tip) tip.popoverTargetElement?.hidePopover();
});
