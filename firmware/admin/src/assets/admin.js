// The pages' one script: fragments that change, buttons that stay on the page, live pictures, uploads. What plays a
// lesson is in player.js. // Pages work without it, but for live pictures and uploads.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function toast(text, good = true) {
  // The newest good news is enough; bad news stays to be read.
  for (const old of all("#toasts .toast:not(.bad, .undo)")) old.remove();
  const box = document.createElement("div");
  box.className = good ? "toast" : "toast bad";
  box.textContent = text;
  $("#toasts").append(box);
  setTimeout(() => box.remove(), good ? 4000 : 9000);
  return box;
}

// --- Fragments -----------------------------------------------------------------------------------------------------

// A button that is held down is replaced when the finger is off it: the click would be lost otherwise.
let held = 0;
const waiting = new Map();
addEventListener("pointerdown", () => held++, true);
for (const name of ["pointerup", "pointercancel"]) {
  addEventListener(name, () => { held = 0; setTimeout(() => { for (const one of waiting.values()) put(one); waiting.clear(); }, 0); }, true);
}
function put({ id, html }) {
  const place = document.getElementById(id);
  if (!place || place.innerHTML === html) return;
  const open = all("details", place).map((one) => one.open);
  const focus = place.contains(document.activeElement) ? document.activeElement.id || document.activeElement.name : "";
  place.innerHTML = html;
  all("details", place).forEach((one, index) => { one.open = open[index] || false; });
  all("[data-fader]", place).forEach(keepFader);
  if (focus) ($(`[name="${CSS.escape(focus)}"]`, place) || document.getElementById(focus))?.focus();
}
const main = $("main[data-live]");
if (main) {
  const news = new EventSource("/live/" + main.dataset.live);
  news.addEventListener("fragment", (event) => {
    const one = JSON.parse(event.data);
    if (held) waiting.set(one.id, one); else put(one);
  });
  news.addEventListener("signed-out", () => { news.close(); location.reload(); });
  news.onopen = () => document.body.classList.remove("stale");
  news.onerror = () => document.body.classList.add("stale");
  addEventListener("pagehide", () => news.close());
}

// --- Buttons that stay on the page ---------------------------------------------------------------------------------

const inWords = ({ chinese, english }) => document.documentElement.lang === "en" ? english : chinese;

async function send(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
    });
    if (answer.status === 401) return location.reload();
    const said = await answer.json();
    toast(inWords(said), answer.ok);
  } catch {
    toast(inWords({ chinese: "站点没有应答", english: "The site does not answer" }), false);
  }
}
// What cannot be undone afterwards can be taken back for five seconds.
function sendLater(form) {
  if ($("#toasts .undo")) return;
  const words = form.dataset.undo, word = form.dataset.undoWord;
  let left = 5;
  const box = toast("");
  box.classList.add("undo");
  const text = document.createElement("span"), back = document.createElement("button");
  back.textContent = word;
  box.append(text, back);
  const show = () => { text.textContent = `${left} ${words}`; };
  const rhythm = setInterval(() => {
    left--;
    if (left > 0) return show();
    end();
    send(form);
  }, 1000);
  const end = () => { clearInterval(rhythm); box.remove(); };
  back.onclick = end;
  show();
}
addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  if (form.dataset.undo) sendLater(form); else send(form);
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.target.matches("input, select, textarea")) return;
  const key = /^[1-9]$/.test(event.key) && $(`[data-key="${event.key}"]`);
  if (key) key.form.requestSubmit();
});

// --- Cameras that turn, as long as a button is held ------------------------------------------------------------------

// The host stops a camera by itself that hears nothing for a second and a half.
const SAY_AGAIN = 500;
let turning, said = Promise.resolve(), unanswered = 0;
// One after the other: a stop must not be overtaken. What a slow network has not carried yet is not said again.
function turn(camera, words) {
  if (words.do === "steer" && unanswered) return;
  unanswered++;
  said = said.then(() => fetch("/do/ptz/" + camera, {
    method: "POST", body: new URLSearchParams(words), headers: { Accept: "application/json" },
  })).then(async (answer) => {
    if (answer.ok) return;
    release();
    toast(inWords(await answer.json()), false);
  }).catch(release).finally(() => unanswered--);
}
function release() {
  if (!turning) return false;
  clearInterval(turning.rhythm);
  turning = undefined;
  return true;
}
// Turns on until `letGo`; `direction` tells at any time which way.
function steerBy(control, rhythm, direction) {
  release();
  const camera = control.closest("[data-camera]").dataset.camera;
  const steer = () => turn(camera, { do: "steer", ...direction() });
  turning = { camera, rhythm: setInterval(steer, rhythm) };
  steer();
}
function letGo() {
  const camera = turning?.camera;
  for (const knob of all("[data-stick] span")) knob.style.translate = "";
  if (release()) turn(camera, { do: "stop" });
}
// A stick is pushed as far as the finger is from its middle; slowly near it.
const STICK_RHYTHM = 120;
function push(stick, event, way) {
  const box = stick.getBoundingClientRect(), radius = box.width / 2;
  const [right, down] = [(event.clientX - box.left - radius) / radius, (event.clientY - box.top - radius) / radius];
  const far = Math.hypot(right, down), bound = far > 1 ? 1 / far : 1;
  way.pan = (right * bound * Math.min(far, 1)).toFixed(2);
  way.tilt = (-down * bound * Math.min(far, 1)).toFixed(2);
  $("span", stick).style.translate = `${right * bound * radius * 0.6}px ${down * bound * radius * 0.6}px`;
}
addEventListener("pointerdown", (event) => {
  const button = event.target.closest("[data-steer]"), stick = event.target.closest("[data-stick]");
  if (button) {
    const [pan, tilt, zoom] = button.dataset.steer.split(" ");
    steerBy(button, SAY_AGAIN, () => ({ pan, tilt, zoom }));
  } else if (stick) {
    const way = {}, move = (event) => push(stick, event, way);
    push(stick, event, way);
    stick.setPointerCapture(event.pointerId);
    stick.onpointermove = move;
    steerBy(stick, STICK_RHYTHM, () => way);
  }
});
for (const name of ["pointerup", "pointercancel", "blur"]) {
  addEventListener(name, () => {
    for (const stick of all("[data-stick]")) stick.onpointermove = null;
    letGo();
  });
}
const ARROWS = { ArrowUp: [0, 0.5], ArrowDown: [0, -0.5], ArrowLeft: [-0.5, 0], ArrowRight: [0.5, 0] };
addEventListener("keydown", (event) => {
  const stick = event.target.closest("[data-stick]"), arrow = ARROWS[event.key];
  if (!stick || !arrow) return;
  event.preventDefault();
  if (!event.repeat) steerBy(stick, SAY_AGAIN, () => ({ pan: arrow[0], tilt: arrow[1] }));
});
addEventListener("keyup", (event) => { if (ARROWS[event.key]) letGo(); });

// What a camera has in the middle of its picture is clicked on the panorama's.
addEventListener("click", async (event) => {
  const place = event.target.closest("[data-point]"), picture = place && $("img", place);
  if (!picture) return;
  const box = picture.getBoundingClientRect(), camera = place.dataset.point;
  const share = (at, from, size) => Math.min(1, Math.max(0, (at - from) / size)).toFixed(4);
  const words = {
    do: $(`[name="deed-${camera}"]:checked`).value,
    x: share(event.clientX, box.left, box.width), y: share(event.clientY, box.top, box.height),
  };
  const answer = await fetch("/do/ptz/" + camera, { method: "POST", body: new URLSearchParams(words), headers: { Accept: "application/json" } });
  toast(inWords(await answer.json()), answer.ok);
});

// --- Faders: their number follows the finger, the host hears of it when the finger is off ------------------------------

// What the page is told for a moment after it may be older than what was just set.
const SETTLES = 1000;
const moved = new Map();
function tell(fader) {
  const unit = fader.dataset.unit || "dB", sign = unit === "dB" && fader.value > 0 ? "+" : "";
  $("output", fader.form).textContent = `${sign}${fader.value} ${unit}`;
}
function keepFader(fader) {
  const last = moved.get(fader.id || fader.name);
  if (!last || Date.now() > last.at + SETTLES) return;
  fader.value = last.value;
  tell(fader);
}
addEventListener("input", ({ target }) => {
  if (!target.matches("[data-fader]")) return;
  moved.set(target.id || target.name, { value: target.value, at: Date.now() });
  tell(target);
});
addEventListener("change", ({ target }) => { if (target.matches("[data-fader]")) target.form.requestSubmit(); });

// --- Live pictures: hidden while the host has none -----------------------------------------------------------------

for (const picture of all("[data-live-picture]")) {
  const ask = () => { picture.src = picture.dataset.livePicture; };
  picture.onload = () => { picture.hidden = false; };
  picture.onerror = () => { picture.hidden = true; setTimeout(ask, 15000); };
  ask();
  // A browser keeps few connections: pages that are left let theirs go.
  addEventListener("pagehide", () => { picture.onerror = null; picture.src = ""; });
}

// --- Settings: a file is shown in the text and saved from there ------------------------------------------------------

const imported = $("#import");
if (imported) imported.onchange = async () => {
  const form = imported.form;
  form.elements.text.value = await imported.files[0].text();
  form.requestSubmit();
};

// --- Uploads: tus 1.0.0, gone on with after anything ---------------------------------------------------------------

const PIECE = 8 << 20;
const TUS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const b64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function refused(answer) {
  const said = await answer.json().catch(() => ({ chinese: answer.statusText, english: answer.statusText }));
  return Object.assign(new Error(inWords(said)), { final: true });
}
async function begin(file, folder, purpose) {
  const answer = await fetch("/uploads", { method: "POST", headers: {
    ...TUS, "Upload-Length": file.size, "Upload-Metadata": `filename ${b64(file.name)},folder ${b64(folder)},purpose ${b64(purpose)}`,
  } });
  if (answer.status !== 201) throw await refused(answer);
  return answer.headers.get("Location");
}
async function upload(file, box) {
  const { folder, purpose = "media" } = box.dataset;
  const key = "upload " + [purpose, folder, file.name, file.size, file.lastModified].join("|");
  const line = document.createElement("li"), text = document.createElement("span");
  const bar = document.createElement("progress"), stop = document.createElement("button");
  let stopped = false, place = localStorage.getItem(key);
  stop.textContent = box.dataset.stop;
  stop.onclick = () => { stopped = true; if (place) fetch(place, { method: "DELETE", headers: TUS }); localStorage.removeItem(key); line.remove(); };
  bar.max = file.size;
  line.append(text, bar, stop);
  $("#sending").append(line);
  for (let pause = 1000; !stopped; pause = Math.min(pause * 2, 30000)) {
    try {
      let offset = 0;
      if (place) {
        const answer = await fetch(place, { method: "HEAD", headers: TUS });
        if (answer.status === 404) place = null; else if (!answer.ok) throw new Error(); else offset = Number(answer.headers.get("Upload-Offset"));
      }
      if (!place) { place = await begin(file, folder, purpose); localStorage.setItem(key, place); }
      do {
        text.textContent = `${box.dataset.sending} ${file.name}`;
        bar.value = offset;
        const answer = await fetch(place, { method: "PATCH", body: file.slice(offset, offset + PIECE), headers: {
          ...TUS, "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream",
        } });
        if ([409, 423].includes(answer.status)) throw new Error();
        if (!answer.ok) throw await refused(answer);
        offset = Number(answer.headers.get("Upload-Offset"));
        pause = 1000;
      } while (offset < file.size && !stopped);
      if (stopped) return false;
      localStorage.removeItem(key);
      line.remove();
      return true;
    } catch (error) {
      if (stopped) return false;
      if (error.final) { text.textContent = `${file.name}: ${error.message}`; line.className = "warn"; bar.remove(); return false; }
      text.textContent = `${file.name}: ${box.dataset.waiting}`;
      await wait(pause);
    }
  }
  return false;
}
const box = $("#upload");
if (box) {
  const take = async (files) => {
    let good = true;
    for (const file of files) good = (await upload(file, box)) && good;
    if (good) location.reload();
  };
  $("#files").onchange = (event) => take([...event.target.files]);
  box.ondragover = (event) => { event.preventDefault(); box.classList.add("over"); };
  box.ondragleave = () => box.classList.remove("over");
  box.ondrop = (event) => { event.preventDefault(); box.classList.remove("over"); take([...event.dataTransfer.files]); };
}
for (const one of all("#toasts .toast")) setTimeout(() => one.remove(), one.classList.contains("bad") ? 9000 : 4000);
