// Zones and masks drawn on a camera's picture, one kind at a time: the others are shown and let through, for zones lie on each
// other. Dragging on the bare picture makes a rectangle; dragging a corner, the middle of an edge or the inside changes it. What is drawn is the host's data as it stands: {kind: [[[x, y], …], …]}, 0 to 1.
"use strict";

const zones = $("#zones");
if (zones) {
  const SVG = "http://www.w3.org/2000/svg", WIDTH = 1600, HEIGHT = 900;
  // In pixels of the screen: a finger is wider than what is drawn, and less than this is no rectangle.
  const KNOB = 7, FINGER = 22, LEAST = 12;
  const CORNERS = 64;
  const address = "/v1/zones/" + zones.dataset.input;
  const drawing = $("#drawing"), says = $("#zones-say");
  const kinds = all("[data-kind]", zones), names = Object.fromEntries(kinds.map((one) => [one.dataset.kind, one.textContent.trim()]));
  // What the host has, and what is drawn.
  let version = "", before = {}, now = {}, past = [];
  let kind = kinds[0].dataset.kind, chosen = null, corner = null, drag = null;

  const copy = (value) => JSON.parse(JSON.stringify(value));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const share = (value) => Math.min(1, Math.max(0, Math.round(value * 1e4) / 1e4));
  const pixel = () => WIDTH / (drawing.getBoundingClientRect().width || WIDTH);
  const of = (one) => now[one] || [];
  const outline = () => chosen && of(chosen.kind)[chosen.index];
  const tell = (words, good = true) => { says.textContent = inWords(words); says.className = good ? "muted" : "warn"; };

  function at(event) {
    const box = drawing.getBoundingClientRect();
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  }
  function keep() { past.push(copy(now)); if (past.length > 100) past.shift(); }
  function choose(one, index, at = null) { chosen = one && { kind: one, index }; corner = at; }

  // --- Drawing what there is -------------------------------------------------------------------------------------------

  function shape(name, attributes, data = {}) {
    const one = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    Object.assign(one.dataset, data);
    drawing.append(one);
    return one;
  }
  function show() {
    drawing.replaceChildren();
    const unit = pixel();
    for (const { dataset: { kind: one } } of kinds) of(one).forEach((corners, index) => {
      const points = corners.map(([x, y]) => `${x * WIDTH},${y * HEIGHT}`).join(" ");
      const isChosen = chosen?.kind === one && chosen.index === index;
      shape("polygon", { points, class: `zone ${one}` + (isChosen ? " chosen" : one === kind ? "" : " other") }, { zone: one, index });
      const [x, y] = corners.reduce((top, it) => it[1] < top[1] ? it : top);
      shape("text", { x: Math.min(x * WIDTH, WIDTH - 120 * unit), y: y * HEIGHT + 16 * unit, "font-size": 13 * unit, class: one }).textContent = names[one];
    });
    const corners = outline();
    if (corners) {
      corners.forEach(([x, y], index) => {
        const [x2, y2] = corners[(index + 1) % corners.length];
        if (corners.length < CORNERS) knob((x + x2) / 2, (y + y2) / 2, "middle", index);
      });
      corners.forEach(([x, y], index) => knob(x, y, index === corner ? "corner chosen" : "corner", index));
    }
    kinds.forEach((one) => one.setAttribute("aria-pressed", one.dataset.kind === kind));
    kinds.forEach((one) => one.classList.toggle("on", one.dataset.kind === kind));
    $("#zone-delete").disabled = !corners;
    $("#corner-delete").disabled = corner === null || !corners || corners.length <= 3;
    $("#zone-undo").disabled = past.length === 0;
    $("#zones-save").disabled = same(now, before);
  }
  function knob(x, y, name, index) {
    const unit = pixel(), [cx, cy] = [x * WIDTH, y * HEIGHT];
    shape("circle", { cx, cy, r: (name === "middle" ? 0.6 : 1) * KNOB * unit, class: "knob " + name });
    // A finger finds a corner before the middle of an edge: it is drawn later.
    shape("circle", { cx, cy, r: FINGER * unit / (name === "middle" ? 2 : 1), class: "finger" }, { [name === "middle" ? "middle" : "corner"]: index });
  }

  // --- Pointers: mouse, pen and finger -----------------------------------------------------------------------------------

  drawing.addEventListener("pointerdown", (event) => {
    if (drag || event.button > 0) return;
    event.preventDefault();
    drawing.setPointerCapture(event.pointerId);
    const { zone, index, corner: held, middle } = event.target.dataset, from = at(event);
    const begin = (what) => { drag = { id: event.pointerId, from, was: copy(now), ...what }; };
    if (held !== undefined) {
      corner = Number(held);
      begin({ does: "corner" });
    } else if (middle !== undefined) {
      begin({ does: "corner" });
      corner = Number(middle) + 1;
      outline().splice(corner, 0, from);
    } else if (zone !== undefined) {
      choose(zone, Number(index));
      begin({ does: "move", corners: copy(outline()) });
    } else {
      choose(null);
      begin({ does: "new" });
    }
    show();
  });
  drawing.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drag?.id) return;
    const [x, y] = at(event), [x0, y0] = drag.from;
    if (drag.does === "corner") outline()[corner] = [x, y];
    if (drag.does === "move") {
      // As a whole, and not beyond the picture.
      const room = (axis, by) => Math.min(1 - Math.max(...drag.corners.map((it) => it[axis])), Math.max(-Math.min(...drag.corners.map((it) => it[axis])), by));
      const [dx, dy] = [room(0, x - x0), room(1, y - y0)];
      of(chosen.kind)[chosen.index] = drag.corners.map((it) => [share(it[0] + dx), share(it[1] + dy)]);
    }
    if (drag.does === "new") {
      const box = drawing.getBoundingClientRect();
      if (Math.abs(x - x0) * box.width < LEAST || Math.abs(y - y0) * box.height < LEAST) return;
      if (!chosen) { now[kind] = [...of(kind), []]; choose(kind, of(kind).length - 1); }
      of(kind)[chosen.index] = [[x0, y0], [x, y0], [x, y], [x0, y]];
    }
    show();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    drawing.addEventListener(name, (event) => {
      if (event.pointerId !== drag?.id) return;
      if (name === "pointercancel") now = drag.was;
      if (!same(now, drag.was)) past.push(drag.was);
      drag = null;
      if (!outline()) choose(null);
      show();
    });
  }

  // --- Buttons ---------------------------------------------------------------------------------------------------------

  kinds.forEach((one) => { one.onclick = () => { kind = one.dataset.kind; choose(null); show(); }; });
  $("#zone-delete").onclick = () => {
    keep();
    now[chosen.kind].splice(chosen.index, 1);
    choose(null);
    show();
  };
  $("#corner-delete").onclick = () => { keep(); outline().splice(corner, 1); corner = null; show(); };
  $("#zone-undo").onclick = () => { now = past.pop(); choose(null); show(); };
  addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea")) return;
    if ((event.key === "Delete" || event.key === "Backspace") && outline()) $("#zone-delete").click();
    if (event.key === "Escape") { choose(null); show(); }
  });
  addEventListener("beforeunload", (event) => { if (!same(now, before)) event.preventDefault(); });
  addEventListener("resize", show);

  // --- The host's side -------------------------------------------------------------------------------------------------

  // Every kind, and none that is empty: so that what is equal looks equal.
  const tidy = (told) => Object.fromEntries(Object.entries(told).filter(([, outlines]) => outlines.length));
  function taken(told) {
    version = told.version;
    before = tidy(told.zones);
    $("#zones-file").hidden = !told.drawn;
  }
  async function ask(method, body) {
    const headers = { Accept: "application/json" };
    if (method !== "GET") headers["If-Match"] = `"${version}"`;
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(address, { method, headers, body });
    if (answer.status === 401) location.reload();
    const said = await answer.json();
    if (answer.ok) return said;
    throw Object.assign(new Error(), { said, status: answer.status });
  }
  // What this person added and took away, laid over what somebody else made of it.
  function together(mine, theirs) {
    const both = {};
    for (const one of new Set([...Object.keys(mine), ...Object.keys(theirs), ...Object.keys(before)])) {
      const had = before[one] || [], has = (list, it) => (list || []).some((other) => same(other, it));
      const kept = (theirs[one] || []).filter((it) => !has(had, it) || has(mine[one], it));
      both[one] = [...kept, ...(mine[one] || []).filter((it) => !has(had, it) && !has(kept, it))];
    }
    return tidy(both);
  }
  async function change(method, body) {
    try {
      taken(await ask(method, body));
      now = copy(before);
      past = [];
      choose(null);
      show();
      tell({ chinese: "已保存：主机从下一幅画面起按此看", english: "Saved: the host looks by them from its next picture on" });
      inUse();
    } catch (error) {
      if (error.status === 412) {
        const theirs = await ask("GET");
        const both = together(tidy(now), tidy(theirs.zones));
        taken(theirs);
        now = both;
        past = [];
        choose(null);
        show();
        return tell({
          chinese: `${error.said.chinese}。两个人的改动现在都在画面上`,
          english: `${error.said.english}. Both people's changes are on the picture now`,
        }, false);
      }
      tell(error.said || { chinese: "站点没有应答：改动还在页面上", english: "The site does not answer: your changes are still on the page" }, false);
    }
  }
  async function inUse() {
    for (let look = 0; look < 20; look++) {
      await wait(300);
      const told = await fetch("/v1/snapshot").then((answer) => answer.json()).catch(() => null);
      const mine = told?.pictures.find((picture) => picture.role === zones.dataset.input)?.zones;
      if (mine?.in_use) return tell({ chinese: "已保存，主机正按此看", english: "Saved, and the host looks by them" });
    }
    tell({ chinese: "已保存：摄像机有画面时生效", english: "Saved: they hold once the camera gives a picture" });
  }
  $("#zones-save").onclick = () => change("PUT", JSON.stringify(tidy(now)));
  $("#zones-file").onclick = () => change("DELETE");
  ask("GET").then((told) => { taken(told); now = copy(before); show(); })
    .catch((error) => tell(error.said || { chinese: "站点没有应答", english: "The site does not answer" }, false));
}
