const source = document.getElementById("choices");
const sliders = [...document.querySelectorAll("[data-limit]")];

function within(cost, limit) {
  return limit === null || (cost !== null && cost <= limit);
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function choose(choices, stops) {
  const limit = Object.fromEntries(stops.map(([key, stop]) => [key, stop[0]]));
  const fits = (candidate) =>
    Object.entries(limit).every(([key, most]) => within(candidate[key], most));
  const allowed = choices.candidates.map(fits);
  const taken = choices.candidates[allowed.indexOf(true)];
  if (!taken) return [allowed, [choices.least]];
  const tied = taken.tied.filter(([place]) => allowed[place]).map(([, told]) => told);
  return [allowed, [...taken.told, ...tied]];
}

if (source) {
  const choices = JSON.parse(source.textContent);
  const verdict = document.querySelector(".verdict");
  const command = document.querySelector(".command");
  const plain = command.textContent;
  const update = () => {
    const stops = sliders.map(({ dataset, value }) => {
      return [dataset.limit, choices.limits[dataset.limit][Number(value)]];
    });
    const [allowed, sentences] = choose(choices, stops);
    verdict.replaceChildren(...sentences.map(paragraph));
    command.textContent = [plain, ...stops.map(([, stop]) => stop[2])].join(" ").trim();
    sliders.forEach((slider, index) => {
      const label = stops[index][1][1];
      slider.setAttribute("aria-valuetext", label);
      slider.nextElementSibling.textContent = label;
    });
    for (const mark of document.querySelectorAll("[data-mark]")) {
      mark.classList.toggle("beyond", !allowed[Number(mark.dataset.mark)]);
    }
  };
  sliders.forEach((slider) => slider.addEventListener("input", update));
  document.querySelector(".sliders").hidden = false;
  update();
}
