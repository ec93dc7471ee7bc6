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
  const focus = place.contains(document.activeElement) ? document.activeElement.name || document.activeElement.id : "";
  place.innerHTML = html;
  all("details", place).forEach((one, index) => { one.open = open[index] || false; });
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
addEventListener("pointerdown", (event) => {
  const button = event.target.closest("[data-steer]");
  if (!button) return;
  release();
  const camera = button.closest("[data-camera]").dataset.camera;
  const [pan, tilt, zoom] = button.dataset.steer.split(" ");
  const steer = () => turn(camera, { do: "steer", pan, tilt, zoom });
  turning = { camera, rhythm: setInterval(steer, SAY_AGAIN) };
  steer();
});
for (const name of ["pointerup", "pointercancel", "blur"]) {
  addEventListener(name, () => {
    const camera = turning?.camera;
    if (release()) turn(camera, { do: "stop" });
  });
}

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
async function begin(file, folder) {
  const answer = await fetch("/uploads", { method: "POST", headers: {
    ...TUS, "Upload-Length": file.size, "Upload-Metadata": `filename ${b64(file.name)},folder ${b64(folder)}`,
  } });
  if (answer.status !== 201) throw await refused(answer);
  return answer.headers.get("Location");
}
async function upload(file, box) {
  const folder = box.dataset.folder;
  const key = "upload " + [folder, file.name, file.size, file.lastModified].join("|");
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
      if (!place) { place = await begin(file, folder); localStorage.setItem(key, place); }
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
