// Plays a lesson whole, although it lies in parts: one after the other, and times on the page are the lesson's.
"use strict";

(() => {
  const $ = (selector) => document.querySelector(selector);
  const player = $("#player"), along = $("#along"), place = $("#place");
  if (!player || !along) return;
  const parts = [...document.querySelectorAll("[data-plays]")].map((button) => {
    const { plays: file, track, begins, seconds } = button.dataset;
    return { button, file, track, begins: Number(begins), ends: Number(begins) + Number(seconds) };
  });
  let now = parts[0];

  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const counter = (seconds) => [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(two).join(":");
  const track = () => parts.filter((one) => one.track === now.track);
  let dragged = false;
  function show(at) {
    place.textContent = counter(at);
    if (!dragged) along.value = at;
  }
  function mark() {
    for (const one of parts) one.button.classList.toggle("on", one === now);
    along.max = track().at(-1).ends;
  }
  // Plays a part from a time of the lesson on.
  function play(part, at) {
    if (part !== now) {
      now = part;
      mark();
      // Whoever watches faster goes on to do so.
      player.defaultPlaybackRate = player.playbackRate;
      player.src = part.file;
    }
    player.currentTime = Math.max(0, at - part.begins);
    show(at);
    // A part that is left before it has begun is no fault.
    player.play().catch(() => {});
  }
  // In the part that holds the time; where none does, in the next.
  const seek = (at) => play(track().find((one) => at < one.ends) ?? track().at(-1), at);

  for (const part of parts) part.button.onclick = () => play(part, part.begins);
  along.oninput = () => { dragged = true; place.textContent = counter(Number(along.value)); };
  along.onchange = () => { dragged = false; seek(Number(along.value)); };
  player.addEventListener("timeupdate", () => { if (!dragged && !player.seeking) show(now.begins + player.currentTime); });
  player.addEventListener("ended", () => {
    const next = track()[track().indexOf(now) + 1];
    if (next) play(next, next.begins);
  });
  addEventListener("click", (event) => {
    const button = event.target.closest("[data-seek]");
    if (!button) return;
    seek(Number(button.dataset.seek));
    player.scrollIntoView({ behavior: "smooth", block: "center" });
  });
  mark();
})();
