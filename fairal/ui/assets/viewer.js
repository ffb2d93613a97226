// Slice viewer: gets its volumes once and answers in the browser. Volumes are (X, Y, Z), RAS+, Z fastest.
const LUT = [[0,0,4],[40,11,84],[101,21,110],[159,42,99],[212,72,66],[245,125,21],[250,193,39],[252,255,164]];
const SIDES = { axial: ["L", "R"], coronal: ["L", "R"], sagittal: ["P", "A"] };
const AXIS = { sagittal: 0, coronal: 1, axial: 2 };

const heat = (v) => {
  const w = Math.min(Math.max(v, 0), 1) * 7, i = Math.min(Math.floor(w), 6), f = w - i;
  return LUT[i].map((c, k) => c * (1 - f) + LUT[i + 1][k] * f);
};
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const entropy = Float32Array.from({ length: 256 }, (_, i) => {
  const p = i / 255;
  return i === 0 || i === 255 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
});

// What a person has set stays with the mounted instance, also when new data arrive.
const instances = new WeakMap();

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".viewer");
  if (!root || !data || !data.t1) return;
  const shape = data.shape;
  const volumes = { t1: bytes(data.t1), truth: bytes(data.truth), context: data.context ? bytes(data.context.volume) : null };
  const columns = data.columns.map((c) => ({ ...c, rounds: c.rounds.map((r) => ({ ...r, p: bytes(r.p) })) }));
  const most = Math.max(...columns.map((c) => c.rounds.length));
  let s = instances.get(root);
  if (!s || s.subject !== data.subject) {
    s = { subject: data.subject, plane: "coronal", slice: {}, round: most - 1, overlay: "entropy", opacity: 0.6, truth: true, guess: true, ...(s ? { plane: s.plane, overlay: s.overlay, opacity: s.opacity, truth: s.truth, guess: s.guess } : {}) };
    for (const plane of Object.keys(AXIS)) s.slice[plane] = centre(volumes.truth, shape, AXIS[plane]);
    instances.set(root, s);
  }
  s.round = Math.min(s.round, most - 1);

  const $ = (name) => root.querySelector(`[data-id="${name}"]`);
  const screens = $("screens");
  screens.replaceChildren(...columns.map((column, i) => {
    const figure = document.createElement("figure");
    figure.innerHTML = `<figcaption></figcaption><canvas data-column="${i}" tabindex="0" role="img"></canvas>`;
    return figure;
  }));
  $("context").style.display = volumes.context ? "" : "none";

  function value(volume, plane, slice, col, row) {
    const [X, Y, Z] = shape;
    let x, y, z;
    if (plane === "axial") { x = col; y = Y - 1 - row; z = slice; }
    else if (plane === "coronal") { x = col; y = slice; z = Z - 1 - row; }
    else { x = slice; y = col; z = Z - 1 - row; }
    return x < 0 || y < 0 || z < 0 || x >= X || y >= Y || z >= Z ? 0 : volume[(x * Y + y) * Z + z];
  }
  const size = (plane) => plane === "axial" ? [shape[0], shape[1]] : plane === "coronal" ? [shape[0], shape[2]] : [shape[1], shape[2]];

  function draw() {
    const plane = s.plane, slice = s.slice[plane], [w, h] = size(plane);
    root.querySelectorAll("canvas[data-column]").forEach((canvas, i) => {
      const column = columns[i], round = column.rounds[Math.min(s.round, column.rounds.length - 1)];
      const scale = Math.max(3, Math.floor(360 / w));
      canvas.width = w * scale; canvas.height = h * scale;
      const small = new ImageData(w, h);
      for (let row = 0; row < h; row++) for (let col = 0; col < w; col++) {
        const g = value(volumes.t1, plane, slice, col, row), at = 4 * (row * w + col);
        let rgb = [g, g, g];
        if (round && s.overlay !== "none") {
          const p = value(round.p, plane, slice, col, row), t = value(volumes.truth, plane, slice, col, row);
          const v = s.overlay === "entropy" ? entropy[p] : s.overlay === "probability" ? p / 255 : ((p > 127) !== (t > 0) ? 1 : 0);
          const c = heat(s.overlay === "error" ? 0.7 * v : v), a = s.opacity * Math.min(1, 4 * v); // faint where there is little
          rgb = rgb.map((x, k) => x * (1 - a) + c[k] * a);
        }
        small.data.set([rgb[0], rgb[1], rgb[2], 255], at);
      }
      const off = new OffscreenCanvas(w, h);
      off.getContext("2d").putImageData(small, 0, 0);
      const ctx = canvas.getContext("2d");
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(off, 0, 0, w * scale, h * scale);
      const edge = (inside, colour) => {
        ctx.strokeStyle = colour; ctx.lineWidth = 2; ctx.beginPath();
        for (let row = 0; row <= h; row++) for (let col = 0; col <= w; col++) {
          const here = inside(col, row);
          if (here !== inside(col - 1, row)) { ctx.moveTo(col * scale, row * scale); ctx.lineTo(col * scale, (row + 1) * scale); }
          if (here !== inside(col, row - 1)) { ctx.moveTo(col * scale, row * scale); ctx.lineTo((col + 1) * scale, row * scale); }
        }
        ctx.stroke();
      };
      const within = (col, row) => col >= 0 && row >= 0 && col < w && row < h;
      if (s.truth) edge((c, r) => within(c, r) && value(volumes.truth, plane, slice, c, r) > 0, data.colours.truth);
      if (s.guess && round) edge((c, r) => within(c, r) && value(round.p, plane, slice, c, r) > 127, data.colours.guess);
      ctx.font = "bold 18px sans-serif"; ctx.textBaseline = "middle"; ctx.lineWidth = 3;
      ctx.strokeStyle = "black"; ctx.fillStyle = "white";
      const [left, right] = SIDES[plane];
      for (const [text, x, align] of [[left, 6, "left"], [right, w * scale - 6, "right"]]) {
        ctx.textAlign = align; ctx.strokeText(text, x, h * scale / 2); ctx.fillText(text, x, h * scale / 2);
      }
      const said = round ? `${column.label}: round ${round.round}, ${round.labelled} labelled, Dice ${round.dice === null ? "–" : round.dice.toFixed(3)}` : `${column.label}: no volumes`;
      canvas.parentElement.querySelector("figcaption").textContent = said;
      canvas.setAttribute("aria-label", `${said}. ${plane} slice ${slice + 1} of ${shape[AXIS[plane]]}, overlay ${s.overlay}.`);
    });
    drawContext();
    for (const button of root.querySelectorAll("[data-plane]")) button.setAttribute("aria-pressed", button.dataset.plane === plane);
    const n = shape[AXIS[plane]];
    Object.assign($("slice"), { max: n - 1, value: slice });
    $("slice-text").textContent = `${slice + 1}/${n}`;
    Object.assign($("round"), { max: most - 1, value: s.round });
    const shown = columns[0].rounds[Math.min(s.round, columns[0].rounds.length - 1)];
    $("round-text").textContent = shown ? shown.round : "–";
    $("overlay").value = s.overlay; $("opacity").value = s.opacity;
    $("truth").checked = s.truth; $("guess").checked = s.guess;
    $("bar").style.visibility = s.overlay === "entropy" || s.overlay === "probability" ? "visible" : "hidden";
    $("bar-text").textContent = s.overlay === "entropy" ? "bits" : "probability";
  }

  // The field of view in its place: the whole brain at 3 mm, the same plane through the same point.
  function drawContext() {
    if (!volumes.context) return;
    const c = data.context, view = c.view, plane = s.plane, axis = AXIS[plane], mm = view.origin[axis] + s.slice[plane] * view.spacing;
    const slice = Math.min(Math.max(Math.round((mm - c.origin[axis]) / c.spacing), 0), c.shape[axis] - 1);
    const [a, b] = [0, 1, 2].filter((k) => k !== axis), w = c.shape[a], h = c.shape[b], k = 3;
    const canvas = $("context"), ctx = canvas.getContext("2d");
    canvas.width = w * k; canvas.height = h * k;
    const image = new ImageData(w, h), at = [0, 0, 0];
    at[axis] = slice;
    for (let row = 0; row < h; row++) for (let col = 0; col < w; col++) {
      at[a] = col; at[b] = h - 1 - row;
      const v = volumes.context[(at[0] * c.shape[1] + at[1]) * c.shape[2] + at[2]];
      image.data.set([v, v, v, 255], 4 * (row * w + col));
    }
    const off = new OffscreenCanvas(w, h);
    off.getContext("2d").putImageData(image, 0, 0);
    ctx.drawImage(off, 0, 0, w * k, h * k);
    ctx.strokeStyle = data.colours.truth; ctx.lineWidth = 2;
    const px = (axis_, v) => (v - (c.origin[axis_] - c.spacing / 2)) / c.spacing * k;
    const x0 = px(a, view.origin[a] - view.spacing / 2), x1 = px(a, view.origin[a] + (shape[a] - 0.5) * view.spacing);
    const y0 = h * k - px(b, view.origin[b] + (shape[b] - 0.5) * view.spacing), y1 = h * k - px(b, view.origin[b] - view.spacing / 2);
    ctx.strokeRect(x0, y0, x1 - x0, y1 - y0);
  }

  function move(what, by) {
    if (what === "slice") s.slice[s.plane] = Math.min(Math.max(s.slice[s.plane] + by, 0), shape[AXIS[s.plane]] - 1);
    else s.round = Math.min(Math.max(s.round + by, 0), most - 1);
    draw();
  }
  screens.onwheel = (e) => { e.preventDefault(); move("slice", e.deltaY > 0 ? -1 : 1); };
  root.onkeydown = (e) => {
    if (e.target.tagName === "INPUT" || e.target.tagName === "SELECT") return;
    const keys = { ArrowUp: ["slice", 1], ArrowDown: ["slice", -1], ArrowRight: ["round", 1], ArrowLeft: ["round", -1] };
    if (keys[e.key]) { e.preventDefault(); move(...keys[e.key]); }
  };
  for (const button of root.querySelectorAll("[data-plane]")) button.onclick = () => { s.plane = button.dataset.plane; draw(); };
  $("slice").oninput = (e) => { s.slice[s.plane] = +e.target.value; draw(); };
  $("round").oninput = (e) => { s.round = +e.target.value; draw(); };
  $("overlay").onchange = (e) => { s.overlay = e.target.value; draw(); };
  $("opacity").oninput = (e) => { s.opacity = +e.target.value; draw(); };
  $("truth").onchange = (e) => { s.truth = e.target.checked; draw(); };
  $("guess").onchange = (e) => { s.guess = e.target.checked; draw(); };
  $("download").onclick = () => {
    const all = [...root.querySelectorAll("canvas[data-column]")];
    const sheet = document.createElement("canvas");
    sheet.width = all.reduce((n, c) => n + c.width + 10, 10); sheet.height = Math.max(...all.map((c) => c.height)) + 60;
    const ctx = sheet.getContext("2d");
    ctx.fillStyle = "white"; ctx.fillRect(0, 0, sheet.width, sheet.height);
    ctx.fillStyle = "black"; ctx.font = "14px sans-serif";
    let x = 10;
    for (const c of all) {
      ctx.drawImage(c, x, 30);
      ctx.fillText(c.parentElement.querySelector("figcaption").textContent, x, 20, c.width);
      x += c.width + 10;
    }
    ctx.fillText(`${data.title}; ${s.plane} slice ${s.slice[s.plane] + 1}; overlay: ${s.overlay}${data.note}`, 10, sheet.height - 12);
    const link = document.createElement("a");
    link.download = `${data.subject}-${s.plane}-${s.slice[s.plane] + 1}.png`; link.href = sheet.toDataURL("image/png"); link.click();
  };
  const bar = $("bar-canvas").getContext("2d");
  for (let i = 0; i < 120; i++) { bar.fillStyle = `rgb(${heat(i / 119).map(Math.round).join(",")})`; bar.fillRect(i, 0, 1, 10); }
  draw();
}

function centre(mask, shape, axis) {
  const counts = new Array(shape[axis]).fill(0), [X, Y, Z] = shape;
  for (let x = 0; x < X; x++) for (let y = 0; y < Y; y++) for (let z = 0; z < Z; z++)
    if (mask[(x * Y + y) * Z + z]) counts[[x, y, z][axis]]++;
  const top = Math.max(...counts);
  return top ? counts.indexOf(top) : Math.floor(shape[axis] / 2);
}
