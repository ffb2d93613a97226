// Slice viewer: gets its volumes once and answers in the browser. Stands below planes.js in one module.
// One picture of up to two sides with a handle between them; a side has a subject of its own, so that twins fit as well.
const PINNED = ["plane", "overlay", "smooth", "truth", "guess"]; // kept when another subject is opened
const WIDE = 0.84, HIGHEST = 780; // height of the picture: a share of its width, and at most so many pixels

// What a person has set stays with the mounted instance, also when new data arrive.
const instances = new WeakMap();

function unpacked(data) {
  const subjects = data.subjects.map((s) => ({ ...s, t1: bytes(s.t1), truth: bytes(s.truth) }));
  return data.sides.map((side) => ({
    ...side, ...subjects[side.subject], label: side.label, rounds: side.rounds.map((r) => ({ ...r, p: bytes(r.p) })),
  }));
}

function startOf(data, sides, rounds, before) {
  const s = { subject: data.key, plane: "coronal", slice: {}, round: rounds[rounds.length - 1], overlay: "error",
    opacity: 0.7, truth: true, guess: true, smooth: true, wipe: (centre(sides[0].truth, data.shape, 0) + 0.5) / data.shape[0] }; // the handle crosses the structure
  for (const plane of Object.keys(AXIS)) s.slice[plane] = centre(sides[0].truth, data.shape, AXIS[plane]);
  if (before) for (const name of PINNED) s[name] = before[name];
  else Object.assign(s, data.view, { slice: { ...s.slice, ...(data.view.slice || {}) } });
  return s;
}

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".viewer");
  if (!root || !data || !data.subjects) return;
  const sides = unpacked(data), shape = data.shape;
  const around = data.context ? { ...data.context, volume: bytes(data.context.volume) } : null;
  const rounds = [...new Set(sides.flatMap((side) => side.rounds.map((r) => r.round)))].sort((a, b) => a - b);
  const colours = { ...data.colours, missed: rgb(data.colours.missed), over: rgb(data.colours.over) };
  let s = instances.get(root);
  if (!s || s.subject !== data.key) instances.set(root, s = startOf(data, sides, rounds, s));
  if (!rounds.includes(s.round)) s.round = rounds[rounds.length - 1];
  s.slice[s.plane] = clamp(s.slice[s.plane], 0, shape[AXIS[s.plane]] - 1);

  const $ = (name) => root.querySelector(`[data-id="${name}"]`);
  const canvas = $("picture"), frame = $("frame");
  let fit = { scale: 1, x: 0, y: 0, cut: null };
  // The latest round that a side kept up to the chosen one; its first, where it kept none so early.
  const roundOf = (side) => side.rounds.filter((r) => r.round <= s.round).pop() || side.rounds[0];

  function colourAt(side, round, cut, col, row) {
    const g = cut.value(side.t1, col, row), grey = [g, g, g];
    if (!round || s.overlay === "none") return grey;
    const p = cut.value(round.p, col, row), inside = cut.value(side.truth, col, row) > 0;
    let top, share;
    if (s.overlay === "error") {
      if ((p > 127) === inside) return grey;
      [top, share] = [inside ? colours.missed : colours.over, 1];
    } else {
      const v = s.overlay === "entropy" ? entropy[p] : p / 255;
      [top, share] = [heat(v), Math.min(1, 4 * v)]; // faint where there is little
    }
    return grey.map((x, k) => x * (1 - s.opacity * share) + top[k] * s.opacity * share);
  }

  function drawSide(ctx, side, scale) {
    const cut = fit.cut, round = roundOf(side), image = new ImageData(cut.w, cut.h);
    for (let row = 0; row < cut.h; row++) for (let col = 0; col < cut.w; col++)
      image.data.set([...colourAt(side, round, cut, col, row), 255], 4 * (row * cut.w + col));
    const small = new OffscreenCanvas(cut.w, cut.h);
    small.getContext("2d").putImageData(image, 0, 0);
    ctx.imageSmoothingEnabled = s.smooth; ctx.imageSmoothingQuality = "high";
    ctx.drawImage(small, 0, 0, cut.w * scale, cut.h * scale);
    const line = (volume, level, colour) => {
      ctx.beginPath();
      (s.smooth ? contour : edges)(ctx, cut, (c, r) => cut.value(volume, c, r), level, scale);
      for (const [width, style] of [[4, "#0009"], [2, colour]]) { ctx.lineWidth = width; ctx.strokeStyle = style; ctx.stroke(); }
    };
    if (s.truth) line(side.truth, 0.5, colours.truth);
    if (s.guess && round) line(round.p, 127.5, colours.guess);
  }

  function draw() {
    const ratio = window.devicePixelRatio || 1, width = frame.clientWidth || 700;
    const height = Math.round(Math.min(width * WIDE, HIGHEST));
    frame.style.height = `${height}px`;
    canvas.width = width * ratio; canvas.height = height * ratio;
    const cut = cutter(shape, s.plane, s.slice[s.plane]), ctx = canvas.getContext("2d");
    const scale = Math.min(canvas.width / cut.w, canvas.height / cut.h);
    fit = { cut, scale, x: (canvas.width - cut.w * scale) / 2, y: (canvas.height - cut.h * scale) / 2 };
    sides.forEach((side, i) => {
      const from = i === 0 ? 0 : s.wipe * canvas.width, to = i === 0 && sides.length > 1 ? s.wipe * canvas.width : canvas.width;
      ctx.save(); ctx.beginPath(); ctx.rect(from, 0, to - from, canvas.height); ctx.clip();
      ctx.translate(fit.x, fit.y); drawSide(ctx, side, scale); ctx.restore();
    });
    ctx.font = `bold ${18 * ratio}px sans-serif`; ctx.textBaseline = "middle"; ctx.lineWidth = 4 * ratio;
    ctx.strokeStyle = "black"; ctx.fillStyle = "white";
    ENDS[s.plane].forEach((text, i) => {
      ctx.textAlign = i ? "right" : "left";
      const x = i ? canvas.width - 10 * ratio : 10 * ratio;
      ctx.strokeText(text, x, canvas.height / 2 - 40 * ratio); ctx.fillText(text, x, canvas.height / 2 - 40 * ratio);
    });
    say(); drawContext(); drawLegend();
  }

  const caption = (side) => { const r = roundOf(side); return r ? `${side.name}; round ${r.round}, ${r.said}` : `${side.name}; no volumes kept`; };
  function say() {
    root.querySelectorAll("[data-side]").forEach((place, i) => {
      place.replaceChildren();
      if (!sides[i]) return;
      for (const [tag, text] of [["strong", sides[i].label], ["small", caption(sides[i])]])
        place.appendChild(document.createElement(tag)).textContent = text;
    });
    const n = shape[AXIS[s.plane]], at = rounds.indexOf(s.round);
    canvas.setAttribute("aria-label", `${sides.map((side) => `${side.label}: ${caption(side)}`).join(" | ")}. ${s.plane} slice ${s.slice[s.plane] + 1} of ${n}, overlay ${s.overlay}.`);
    for (const button of root.querySelectorAll("[data-plane]")) button.setAttribute("aria-pressed", button.dataset.plane === s.plane);
    Object.assign($("slice"), { max: n - 1, value: s.slice[s.plane] });
    $("slice-text").textContent = `${s.slice[s.plane] + 1}/${n}`;
    Object.assign($("round"), { max: rounds.length - 1, value: at, disabled: rounds.length < 2 });
    $("round-text").textContent = rounds.length ? s.round : "–";
    $("overlay").value = s.overlay; $("opacity").value = s.opacity;
    for (const name of ["truth", "guess", "smooth"]) $(name).checked = s[name];
    $("handle").style.display = sides.length > 1 ? "" : "none";
    $("handle").style.left = `${100 * s.wipe}%`;
    $("handle").setAttribute("aria-valuenow", Math.round(100 * s.wipe));
  }

  function drawLegend() {
    const row = (mark, text) => { const line = document.createElement("div"); line.append(mark, text); return line; };
    const swatch = (colour) => Object.assign(document.createElement("i"), { style: `background:${colour}` });
    const bar = document.createElement("canvas");
    bar.width = 160; bar.height = 10;
    for (let i = 0; i < 160; i++) { const c = bar.getContext("2d"); c.fillStyle = `rgb(${heat(i / 159).map(Math.round)})`; c.fillRect(i, 0, 1, 10); }
    const parts = {
      error: [row(swatch(data.colours.missed), "missed"), row(swatch(data.colours.over), "over-drawn")],
      entropy: ["Entropy in bits", bar, "0: the model is sure; 1: a coin toss"],
      probability: ["Probability of the structure", bar, "0 to 1; from 0.5 on it is predicted"],
      none: ["No overlay"],
    };
    $("legend").replaceChildren(...parts[s.overlay].map((part) => typeof part === "string" ? row("", part) : part));
  }

  // The field of view in its place: the whole brain, coarse, the same plane through the same point.
  function drawContext() {
    const place = $("context");
    place.style.display = around ? "" : "none";
    if (!around) return;
    const { view } = around, axis = AXIS[s.plane], mm = view.origin[axis] + s.slice[s.plane] * view.spacing, k = 3;
    const slice = clamp(Math.round((mm - around.origin[axis]) / around.spacing), 0, around.shape[axis] - 1);
    const cut = cutter(around.shape, s.plane, slice), image = new ImageData(cut.w, cut.h), ctx = place.getContext("2d");
    for (let row = 0; row < cut.h; row++) for (let col = 0; col < cut.w; col++) {
      const v = cut.value(around.volume, col, row);
      image.data.set([v, v, v, 255], 4 * (row * cut.w + col));
    }
    const small = new OffscreenCanvas(cut.w, cut.h);
    small.getContext("2d").putImageData(image, 0, 0);
    place.width = cut.w * k; place.height = cut.h * k;
    ctx.drawImage(small, 0, 0, place.width, place.height);
    const [a, b] = [0, 1, 2].filter((i) => i !== axis);
    const px = (i, v) => (v - (around.origin[i] - around.spacing / 2)) / around.spacing * k;
    const ends = (i) => [px(i, view.origin[i] - view.spacing / 2), px(i, view.origin[i] + (shape[i] - 0.5) * view.spacing)];
    const [x0, x1] = ends(a), [y0, y1] = ends(b).map((y) => place.height - y);
    ctx.strokeStyle = data.colours.truth; ctx.lineWidth = 2; ctx.strokeRect(x0, y1, x1 - x0, y0 - y1);
  }

  function readOut(e) {
    const box = canvas.getBoundingClientRect(), ratio = canvas.width / box.width;
    const x = (e.clientX - box.left) * ratio, col = Math.floor((x - fit.x) / fit.scale);
    const row = Math.floor(((e.clientY - box.top) * ratio - fit.y) / fit.scale), cut = fit.cut;
    if (col < 0 || row < 0 || col >= cut.w || row >= cut.h) { $("readout").textContent = data.idle; return; }
    const side = sides[sides.length > 1 && x > s.wipe * canvas.width ? 1 : 0], round = roundOf(side);
    const inside = cut.value(side.truth, col, row) > 0, p = round ? cut.value(round.p, col, row) : 0, found = p > 127;
    const what = inside ? (found ? "inside the truth, and found" : "missed: inside the truth, not predicted")
      : found ? "over-drawn: predicted, outside the truth" : "outside the truth, and not predicted";
    const bits = round ? `; entropy ${entropy[p].toFixed(1)} bits: ${unsure(entropy[p])}` : "";
    $("readout").textContent = `${side.label}: ${round ? what : "no volumes kept"}${bits}.`;
  }

  function move(what, by) {
    if (what === "slice") s.slice[s.plane] = clamp(s.slice[s.plane] + by, 0, shape[AXIS[s.plane]] - 1);
    else s.round = rounds[clamp(rounds.indexOf(s.round) + by, 0, rounds.length - 1)];
    draw();
  }
  const wipeTo = (share) => { s.wipe = clamp(share, 0, 1); draw(); };

  function address() {
    const url = new URL(window.location.href);
    const all = { ...data.link, plane: s.plane, slice: s.slice[s.plane] + 1, round: s.round, overlay: s.overlay,
      wipe: Math.round(100 * s.wipe), opacity: Math.round(100 * s.opacity), smooth: +s.smooth, truth: +s.truth, guess: +s.guess };
    url.search = new URLSearchParams(all).toString();
    return url.toString();
  }

  function sheet() {
    const paper = document.createElement("canvas"), ctx = paper.getContext("2d");
    paper.width = canvas.width + 20; paper.height = canvas.height + 80;
    ctx.fillStyle = "white"; ctx.fillRect(0, 0, paper.width, paper.height);
    ctx.drawImage(canvas, 10, 40);
    if (sides.length > 1) { ctx.fillStyle = "white"; ctx.fillRect(10 + s.wipe * canvas.width - 1, 40, 2, canvas.height); }
    ctx.fillStyle = "black"; ctx.font = "14px sans-serif";
    sides.forEach((side, i) => {
      ctx.textAlign = i ? "right" : "left";
      ctx.fillText(`${side.label}: ${caption(side)}`, i ? paper.width - 10 : 10, i ? 34 : 16, paper.width - 20);
    });
    ctx.textAlign = "left";
    const keys = { error: "cyan: missed, magenta: over-drawn", entropy: "colour: entropy, 0 to 1 bit", probability: "colour: probability, 0 to 1", none: "" };
    const lines = [s.truth ? "green: truth" : "", s.guess ? "white: prediction" : "", keys[s.overlay]].filter(Boolean).join(", ");
    ctx.fillText(`${data.title}; ${s.plane} slice ${s.slice[s.plane] + 1}; ${lines}${data.note}`, 10, paper.height - 14, paper.width - 20);
    return paper.toDataURL("image/png");
  }

  canvas.onwheel = (e) => { e.preventDefault(); move("slice", e.deltaY > 0 ? -1 : 1); };
  canvas.onpointermove = readOut;
  canvas.onpointerleave = () => { $("readout").textContent = data.idle; };
  const handle = $("handle");
  handle.onpointerdown = (e) => handle.setPointerCapture(e.pointerId);
  handle.onpointermove = (e) => {
    const box = frame.getBoundingClientRect();
    if (handle.hasPointerCapture(e.pointerId)) wipeTo((e.clientX - box.left) / box.width);
  };
  root.onkeydown = (e) => {
    if (e.target.tagName === "INPUT" || e.target.tagName === "SELECT") return;
    const wiping = e.target === handle && { ArrowLeft: -0.02, ArrowRight: 0.02 }[e.key];
    const keys = { ArrowUp: ["slice", 1], ArrowDown: ["slice", -1], ArrowRight: ["round", 1], ArrowLeft: ["round", -1] };
    if (!wiping && !keys[e.key]) return;
    e.preventDefault();
    if (wiping) wipeTo(s.wipe + wiping); else move(...keys[e.key]);
  };
  const set = (values) => { Object.assign(s, values); draw(); };
  for (const button of root.querySelectorAll("[data-plane]")) button.onclick = () => set({ plane: button.dataset.plane });
  $("slice").oninput = (e) => { s.slice[s.plane] = +e.target.value; draw(); };
  $("round").oninput = (e) => set({ round: rounds[+e.target.value] });
  $("overlay").onchange = (e) => set({ overlay: e.target.value });
  $("opacity").oninput = (e) => set({ opacity: +e.target.value });
  for (const name of ["truth", "guess", "smooth"]) $(name).onchange = (e) => set({ [name]: e.target.checked });
  $("download").onclick = () =>
    Object.assign(document.createElement("a"), { download: `${data.key}-${s.plane}-${s.slice[s.plane] + 1}.png`, href: sheet() }).click();
  $("link").onclick = async () => {
    const field = $("address");
    Object.assign(field, { value: address(), hidden: false });
    field.select();
    try { await navigator.clipboard.writeText(field.value); $("link").textContent = "Link copied"; }
    catch { $("link").textContent = "Copy it from below"; } // the browser does not let a page write there
  };
  for (const mark of root.querySelectorAll("[data-line]")) mark.style.background = data.colours[mark.dataset.line];
  $("readout").textContent = data.idle;
  const watcher = new ResizeObserver(() => draw());
  watcher.observe(frame);
  draw();
  return () => watcher.disconnect();
}
