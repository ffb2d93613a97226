// The pool as dots, and what is picked of it.

// One disc of dots for each group, packed like a sunflower's seeds; discs as large as the groups are.
function discs(dots, groups, box) {
  const of = Object.fromEntries(groups.map((g) => [g, dots.flatMap((d, i) => (d === g ? [i] : []))]));
  const roots = groups.map((g) => Math.sqrt(of[g].length)), gaps = 1.4 * (groups.length - 1);
  const step = Math.min(box.w / (2 * roots.reduce((a, b) => a + b) + gaps + 1), box.h / (2 * Math.max(...roots) + 1));
  const whole = step * (2 * roots.reduce((a, b) => a + b) + gaps);
  const places = [], heads = [];
  let x = box.x + (box.w - whole) / 2;
  groups.forEach((group, k) => {
    const radius = step * roots[k], cx = x + radius, cy = box.y + box.h / 2;
    of[group].forEach((dot, i) => {
      const r = step * Math.sqrt(i + 0.5), turn = i * 2.399963;
      places[dot] = [cx + r * Math.cos(turn), cy + r * Math.sin(turn)];
    });
    heads.push({ group, x: cx, y: cy + radius, n: of[group].length });
    x += 2 * radius + 1.4 * step;
  });
  return { places, heads, r: 0.71 * step };
}

const underDiscs = (heads, story, u) => heads.map(({ group, x, n }, i) =>
  text(`${n} ${story.groups[group].label}`, x, Math.max(...heads.map((h) => h.y)) + 1.7 * u, u, { "text-anchor": "middle", class: "strong" }));

// Rows of places for what gets labelled: one for each round, apart by their dots or, where there is room, by `least`.
function tray(rows, box, most, least = 0) {
  const columns = Math.max(...rows.map((row) => row.length)), step = Math.min(box.w / columns, box.h / rows.length, most), pitch = Math.min(box.h / rows.length, Math.max(step, least));
  const places = rows.map((row, r) => row.map((_, c) => [box.x + (c + 0.5) * step, box.y + (r + 0.5) * pitch]));
  return { places, r: 0.36 * step, pitch };
}

PICTURES.pool = ({ picture, story, width, height, alt, unit: u, animate, later }) => {
  const groups = Object.keys(story.groups), perRow = Math.min(picture.budget, picture.budget > 40 ? 30 : 15);
  const rows = Math.ceil(picture.budget / perRow), trayHeight = Math.min(rows * 2.6 * u, height * 0.26);
  const { places, heads, r } = discs(picture.dots, groups, { x: 0, y: 0, w: width, h: height - trayHeight - 6.6 * u });
  const cut = Array.from({ length: rows }, (_, k) => Array.from({ length: Math.min(perRow, picture.budget - k * perRow) }));
  const step = Math.min(width / perRow, trayHeight / rows), left = (width - step * perRow) / 2;
  const slots = tray(cut, { x: left, y: height - trayHeight, w: width - 2 * left, h: trayHeight }, step);
  const free = slots.places.flat(), node = drawing(width, height, alt);
  node.append(...underDiscs(heads, story, u));
  node.append(text(`Labelled: ${picture.start.length} of ${picture.budget}`, left, height - trayHeight - 0.9 * u, u, { class: "strong" }));
  node.append(...free.map(([x, y]) => svg("circle", { cx: x, cy: y, r: slots.r, class: "slot" })));
  const marks = picture.dots.map((group, i) => at(mark(story, group, r), ...places[i]));
  const holes = picture.start.map((i) => svg("circle", { cx: places[i][0], cy: places[i][1], r: 0.8 * r, class: "hole" }));
  node.append(...holes, ...marks);
  const order = [...picture.start].sort((a, b) => groups.indexOf(picture.dots[a]) - groups.indexOf(picture.dots[b]));
  const start = () => order.forEach((i, k) => { marks[i].style.transitionDelay = `${90 * k}ms`; at(marks[i], ...free[k]); });
  if (animate) { node.classList.add("moving"); later(900, start); } else start();
  return html("div", {}, node);
};

PICTURES.rounds = (context) => {
  const { picture, story, width, height, alt, unit: u, animate, later } = context;
  const groups = Object.keys(story.groups), side = width * 0.41, foot = 56;
  const rows = picture.labelled.map((row) => [...row].sort((a, b) => groups.indexOf(picture.dots[a]) - groups.indexOf(picture.dots[b])));
  const trayHeight = Math.min((height - foot) * 0.5, rows.length * 2.3 * u), margin = 4.6 * u;
  const { places, heads, r } = discs(picture.dots, groups, { x: 0, y: 0, w: side, h: height - foot - trayHeight - 3.6 * u });
  const slots = tray(rows, { x: margin, y: height - foot - trayHeight, w: side - margin, h: trayHeight }, 2.3 * u, 1.5 * u);
  const node = drawing(width, height, alt), last = rows.length - 1;
  node.append(...underDiscs(heads, story, u));
  rows.forEach((_, k) => node.append(text(k ? `Round ${k}` : "Start", 0, slots.places[k][0][1] + 0.35 * u, Math.min(0.92 * u, 0.9 * slots.pitch), { class: "quiet" })));
  node.append(...slots.places.flat().map(([x, y]) => svg("circle", { cx: x, cy: y, r: slots.r, class: "slot" })));
  node.append(...picture.dots.map((_, i) => svg("circle", { cx: places[i][0], cy: places[i][1], r: 0.8 * r, class: "hole" })));
  const marks = picture.dots.map((group, i) => at(mark(story, group, r), ...places[i]));
  const home = new Map(rows.flatMap((row, k) => row.map((dot, c) => [dot, { round: k, place: slots.places[k][c], c }])));
  const chart = curves(context, { x: side + 4.4 * u, y: 0.6 * u, w: width - side - 4.4 * u, h: height - foot - 0.6 * u });
  node.append(chart.node, ...marks);
  const grown = slots.r / r;
  const show = (round) => {
    for (const [dot, { round: k, place, c }] of home) {
      const inside = k <= round;
      marks[dot].style.transitionDelay = inside ? `${70 * c}ms` : "0ms";
      at(marks[dot], ...(inside ? place : places[dot]));
      if (inside) marks[dot].style.transform += ` scale(${grown})`;
    }
    chart.show(round);
  };
  return html("div", {}, node, player({ last, show, animate, later, node, labelled: picture.curve.labelled }));
};

// Plays the rounds once when the scene opens, and again on request; what it shows jumps where motion is not wanted.
function player({ last, show, animate, later, node, labelled }) {
  const said = html("output", { "aria-live": "off" });
  const slider = html("input", { type: "range", min: 0, max: last, value: last, "aria-label": "Round" });
  const icons = { play: "M8 5l11 7-11 7z", pause: "M8 5v14M16 5v14" };
  const icon = svg("path", { d: icons.play, class: "full" });
  const button = html("button", { type: "button", "aria-label": "Play the rounds" }, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, icon));
  let turn = 0;
  const go = (round) => {
    slider.value = round;
    slider.setAttribute("aria-valuetext", `${labelled[round]} labelled`);
    said.textContent = `${labelled[round]} labelled`;
    show(round);
  };
  const playing = (is) => { icon.setAttribute("d", is ? icons.pause : icons.play); button.setAttribute("aria-label", is ? "Pause" : "Play the rounds"); };
  const stop = () => { turn++; playing(false); };
  const play = (from) => {
    const mine = ++turn;
    node.classList.toggle("moving", !stillness());
    playing(true);
    go(from);
    const on = (round) => later(round === 1 ? 1100 : 1900, () => {
      if (turn !== mine) return;
      go(round);
      if (round < last) on(round + 1); else playing(false);
    });
    if (from < last) on(from + 1); else playing(false);
  };
  button.onclick = () => (button.getAttribute("aria-label") === "Pause" ? stop() : play(+slider.value < last ? +slider.value : 0));
  slider.oninput = () => { stop(); node.classList.toggle("moving", !stillness()); go(+slider.value); };
  slider.onpointerup = () => slider.blur();
  if (animate) play(0); else go(last);
  return html("div", { class: "player" }, said, slider, button);
}
