"use strict";

const [variant, whole, file, camera, status, picture, faces, video] = [
  "variant", "whole", "file", "camera", "status", "picture", "faces", "video",
].map((id) => document.getElementById(id));
const MOST_BYTES = Number(document.body.dataset.mostBytes);
const MOST_SHOWN = 1600;
const SMALL = 128;
const CAMERA_WIDTH = 640;
let shown = null;
let stream = null;
let turn = 0;

function tell(text, wrong = false) {
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

function element(name, text = "", classes = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = classes;
  return made;
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;
const headline = (face) => `${face.answer} ${percent(face.probabilities[face.answer])}`;

async function ask(blob) {
  if (blob.size > MOST_BYTES) {
    throw new Error(`the file is too large; the most is ${MOST_BYTES / 2 ** 20} MB`);
  }
  const query = new URLSearchParams({ variant: variant.value, whole: Number(whole.checked) });
  const response = await fetch(`/answers?${query}`, { method: "POST", body: blob });
  const said = await response.json();
  if (!response.ok) throw new Error(said.error);
  return said;
}

function draw(source, said) {
  const scale = Math.min(1, MOST_SHOWN / Math.max(said.width, said.height));
  picture.width = Math.max(1, Math.round(said.width * scale));
  picture.height = Math.max(1, Math.round(said.height * scale));
  picture.classList.toggle("small", said.width <= SMALL);
  picture.hidden = false;
  const pen = picture.getContext("2d");
  pen.drawImage(source, 0, 0, picture.width, picture.height);
  const size = Math.max(13, Math.round(picture.width / 40));
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.lineWidth = Math.max(2, size / 7);
  said.faces.forEach(({ face, answer }, index) => {
    if (!face) return;
    const [x, y, side] = [face.x, face.y, face.side].map((edge) => edge * scale);
    const text = `${index + 1} ${answer}`;
    pen.strokeStyle = pen.fillStyle = "#ffb000";
    pen.strokeRect(x, y, side, side);
    const top = Math.max(0, y - 1.4 * size);
    pen.fillRect(x - pen.lineWidth / 2, top, pen.measureText(text).width + size, 1.4 * size);
    pen.fillStyle = "#000";
    pen.fillText(text, x + size / 2 - pen.lineWidth / 2, top + 1.05 * size);
  });
}

function list(said) {
  faces.replaceChildren(
    ...said.faces.map((face, index) => {
      const section = element("section");
      const table = element("table");
      for (const [name, share] of Object.entries(face.probabilities)) {
        const row = table.insertRow();
        const heading = element("th", name);
        heading.scope = "row";
        const meter = element("meter");
        meter.value = share;
        meter.setAttribute("aria-label", name);
        const bar = element("td");
        bar.append(meter);
        row.append(heading, bar, element("td", percent(share), "number"));
        row.classList.toggle("best", name === face.answer);
      }
      section.append(element("h2", `Face ${index + 1}: ${headline(face)}`), table);
      return section;
    }),
  );
}

function present(source, said) {
  draw(source, said);
  list(said);
  const found = said.faces.length;
  if (!found) tell("No face found. If the picture is one face, say so above.");
  else tell(found === 1 ? `One face: ${headline(said.faces[0])}` : `${found} faces`);
}

async function show(blob) {
  shown = blob;
  const mine = ++turn;
  tell("Looking …");
  try {
    const [said, source] = await Promise.all([ask(blob), createImageBitmap(blob)]);
    if (mine === turn) present(source, said);
  } catch (error) {
    if (mine !== turn) return;
    picture.hidden = true;
    faces.replaceChildren();
    const unseen = error instanceof DOMException;
    tell(unseen ? "This browser cannot show such a picture." : `Not answered: ${error.message}`, true);
  }
}

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  turn += 1;
  camera.textContent = "Start the camera";
}

async function follow() {
  const still = document.createElement("canvas");
  const mine = ++turn;
  while (stream && mine === turn) {
    const scale = Math.min(1, CAMERA_WIDTH / video.videoWidth);
    still.width = Math.round(video.videoWidth * scale);
    still.height = Math.round(video.videoHeight * scale);
    still.getContext("2d").drawImage(video, 0, 0, still.width, still.height);
    const blob = await new Promise((done) => still.toBlob(done, "image/jpeg", 0.9));
    const said = await ask(blob);
    if (mine === turn) present(still, said);
    await new Promise(requestAnimationFrame);
  }
}

async function start() {
  tell("Waiting for the camera …");
  try {
    shown = null;
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
    camera.textContent = "Stop the camera";
    video.srcObject = stream;
    await video.play();
    await follow();
  } catch (error) {
    stop();
    tell(`The camera stopped: ${error.message}`, true);
  }
}

function take(chosen) {
  if (!chosen) return;
  stop();
  show(chosen);
}

camera.addEventListener("click", () => {
  if (stream) {
    stop();
    tell("The camera is off.");
  } else start();
});
file.addEventListener("change", () => take(file.files[0]));
for (const control of [variant, whole]) {
  control.addEventListener("change", () => shown && show(shown));
}
document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  take(event.dataTransfer.files[0]);
});
