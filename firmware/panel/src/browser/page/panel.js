// The panel in a page: draws the pieces that come and sends what pointers do. It knows nothing of what it shows.
'use strict';
const canvas = document.querySelector('canvas');
const ink = canvas.getContext('2d', { alpha: false });
const fingers = new Map(); // pointer id to finger, the least number that is free
const ENDED = 4001; // the display is gone for good
let socket;

function open() {
  socket = new WebSocket(`ws://${location.host}/panel`);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => document.body.classList.remove('away');
  socket.onmessage = ({ data }) => (typeof data === 'string' ? settle(JSON.parse(data)) : show(data));
  socket.onclose = ({ code }) => {
    fingers.clear();
    document.body.classList.toggle('away', code !== ENDED);
    document.body.classList.toggle('ended', code === ENDED);
    if (code !== ENDED) setTimeout(open, 1000);
  };
}

function settle({ width, height, brightness }) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  // As the panel ships, at 80, a page is as bright as any other.
  canvas.style.filter = `brightness(${Math.min(100, 60 + brightness / 2)}%)`;
}

// All pieces of a picture at once: it is seen whole or not at all.
async function show(data) {
  const from = socket;
  const view = new DataView(data);
  const pieces = [];
  for (let at = 0; at < data.byteLength; ) {
    const [x, y, length] = [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint32(at + 4, true)];
    const png = new Blob([new Uint8Array(data, at + 8, length)], { type: 'image/png' });
    pieces.push(createImageBitmap(png).then((bitmap) => [bitmap, x, y]));
    at += 8 + length;
  }
  for (const piece of await Promise.all(pieces)) ink.drawImage(...piece);
  if (from === socket) say({ is: 'drawn' });
}

function say(what) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
}

function place(event) {
  const area = canvas.getBoundingClientRect();
  return {
    x: Math.floor(((event.clientX - area.left) * canvas.width) / area.width),
    y: Math.floor(((event.clientY - area.top) * canvas.height) / area.height),
  };
}

canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  let finger = 0;
  while ([...fingers.values()].includes(finger)) finger++;
  fingers.set(event.pointerId, finger);
  say({ is: 'down', finger, ...place(event) });
});
canvas.addEventListener('pointermove', (event) => {
  const finger = fingers.get(event.pointerId);
  if (finger !== undefined) say({ is: 'move', finger, ...place(event) });
});
canvas.addEventListener('pointerup', (event) => {
  const finger = fingers.get(event.pointerId);
  if (fingers.delete(event.pointerId)) say({ is: 'up', finger });
});
canvas.addEventListener('pointercancel', () => {
  fingers.clear();
  say({ is: 'lost' });
});
canvas.addEventListener('contextmenu', (event) => event.preventDefault());
open();
