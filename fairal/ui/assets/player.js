// Round player: a bubble with a trail for each arm, both axes fixed, the diagonal fair; beside it the pool as dots.
const NS = "http://www.w3.org/2000/svg", SECONDS_A_ROUND = 1.3;
const PLANE = { left: 46, right: 14, top: 14, bottom: 44, width: 460, height: 420 };
const POOL = { width: 460, height: 360, box: 250 };
const SHAPES = {  // one unit around their middle, of like area; scaled to their size
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1 -1 0Z",
  square: "M-.9-.9H.9V.9H-.9Z",
  "triangle-up": "M0-1.25L1.15 .8H-1.15Z",
  diamond: "M0-1.3L1.1 0L0 1.3L-1.1 0Z",
  cross: "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
};
const instances = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".player");
  if (!root || !data || !data.arms) return;
  return mount(root, data, (round) => setStateValue("round", round)).destroy;
}

// Draws into `root` (the component's HTML) what `report.player.player_json` gives.
// `told(round)` is called when a person leaves a round in sight; `seek(t)` shows any moment, in rounds.
export function mount(root, data, told = () => {}) {
  const $ = (name) => root.querySelector(`[data-id="${name}"]`);
  const { measure, groups } = data, last = data.rounds.length - 1, [low, high] = data.domain;
  const still = root.ownerDocument.defaultView.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const kept = instances.get(root);
  const s = { t: kept ? Math.min(kept.t, last) : Math.min(data.round ?? last, last), arm: kept && data.arms.some((a) => a.id === kept.arm) && kept.focus === data.focus ? kept.arm : data.focus, focus: data.focus, playing: null };
  instances.set(root, s);

  const make = (name, attributes, parent) => {
    const node = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    parent.append(node);
    return node;
  };
  const mark = (arm, parent) => make("path", { class: "mark", d: SHAPES[arm.shape] ?? SHAPES.circle, fill: arm.colour }, parent);
  const words = (text, attributes, parent) => { make("text", attributes, parent).textContent = text; };
  const say = (v) => measure.percent ? `${Math.round(100 * v)}%` : v.toFixed(2);
  const share = (v) => measure.sign > 0 ? (v - low) / (high - low) : (high - v) / (high - low);
  const px = (v) => PLANE.left + share(v) * (PLANE.width - PLANE.left - PLANE.right);
  const py = (v) => PLANE.height - PLANE.bottom - share(v) * (PLANE.height - PLANE.top - PLANE.bottom);

  // Round numbers, five or so between the ends; as many decimals as tell them apart.
  const power = 10 ** Math.floor(Math.log10((high - low) / 5)), step = [1, 2, 5, 10].map((n) => n * power).find((n) => (high - low) / n <= 6);
  const ticks = () => Array.from({ length: Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 }, (_, k) => (Math.ceil(low / step - 1e-9) + k) * step);
  const written = (v) => measure.percent ? `${(100 * v).toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9) - 2))}%` : v.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));

  function scene() {
    const svg = $("plane");
    svg.replaceChildren();
    for (const v of ticks()) {
      make("line", { class: "axis", x1: px(v), x2: px(v), y1: PLANE.top, y2: PLANE.height - PLANE.bottom }, svg);
      make("line", { class: "axis", y1: py(v), y2: py(v), x1: PLANE.left, x2: PLANE.width - PLANE.right }, svg);
      words(written(v), { x: px(v), y: PLANE.height - PLANE.bottom + 18, "text-anchor": "middle" }, svg);
      words(written(v), { x: PLANE.left - 6, y: py(v) + 4, "text-anchor": "end" }, svg);
    }
    make("line", { class: "fair", x1: px(low), y1: py(low), x2: px(high), y2: py(high) }, svg);
    const name = measure.label + (measure.unit ? ` (${measure.unit})` : "");
    words(`${name}, ${data.x} →`, { x: PLANE.width - PLANE.right, y: PLANE.height - 8, "text-anchor": "end" }, svg);
    words(`↑ ${name}, ${data.y}`, { x: PLANE.left + 4, y: PLANE.top + 10 }, svg);
    const end = low + (high - low) * (measure.sign > 0 ? 0.94 : 0.06);
    words("both served alike", { x: px(end) - 10, y: py(end), "text-anchor": "end" }, svg);
    const each = (draw) => data.arms.map(draw);  // one kind after the other: no trail runs over a mark
    const trails = each((arm) => make("polyline", { class: "trail", stroke: arm.colour, "stroke-dasharray": arm.dash.length > 1 && arm.dash[1] ? arm.dash : [] }, svg));
    const marks = each((arm) => mark(arm, svg));
    return each((arm, i) => ({ arm, trail: trails[i], bubble: marks[i] }));
  }

  // The dots of each group in rows above a box; those that are labelled lie in it.
  function dots() {
    const svg = $("pool"), all = [];
    svg.replaceChildren();
    make("rect", { class: "box", x: 2, y: POOL.box, width: POOL.width - 4, height: POOL.height - POOL.box - 2 }, svg);
    words("labelled", { x: 12, y: POOL.box + 18 }, svg);
    const total = groups.reduce((n, g) => n + g.pool, 0), wide = POOL.width / groups.length;
    const side = Math.min(20, Math.sqrt(wide * (POOL.box - 40) / Math.max(...groups.map((g) => g.pool))) * 0.92), r = Math.max(1.5, side * 0.36);
    groups.forEach((group, g) => {
      words(`${group.name}: ${group.pool}`, { x: g * wide + 6, y: 16 }, svg);
      const across = Math.max(1, Math.floor((wide - 12) / side));
      for (let i = 0; i < group.pool; i++) {
        const home = [g * wide + 6 + r + (i % across) * side, 30 + r + Math.floor(i / across) * side];
        const box = [g * wide + 10 + r + (i % across) * side, POOL.box + 32 + Math.floor(i / across) * side];
        all.push({ g, i, home, box, node: make("circle", { class: "dot", r, fill: group.colour }, svg) });
      }
    });
    svg.setAttribute("data-total", total);
    return all;
  }

  const at = (list, t) => {
    const i = Math.min(Math.floor(t), list.length - 1), j = Math.min(i + 1, list.length - 1), f = t - i;
    return list[i].map((v, k) => v + (list[j][k] - v) * f);
  };
  const bubbles = scene(), people = dots();
  legend();

  function draw() {
    const t = s.t, round = Math.round(t);
    bubbles.forEach(({ arm, trail, bubble }) => {
      const [x, y] = at(arm.points, t);
      const behind = [...arm.points.slice(0, Math.floor(t) + 1), [x, y]];
      trail.setAttribute("points", behind.map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`).join(" "));
      bubble.setAttribute("transform", `translate(${px(x)} ${py(y)}) scale(${arm.id === s.arm ? 11 : 8})`);
    });
    const arm = data.arms.find((a) => a.id === s.arm), counts = at(arm.labelled, t).map(Math.round);
    for (const { g, i, home, box, node } of people) {
      const [x, y] = i < counts[g] ? box : home;
      node.style.transform = `translate(${x}px, ${y}px)`;
    }
    $("time").value = t;
    $("when").textContent = `Round ${round}: ${data.rounds[round]} labelled`;
    const where = data.arms.map((a) => { const [x, y] = a.points[round]; return `${a.label}: ${data.x} ${say(x)}, ${data.y} ${say(y)}`; });
    $("plane").setAttribute("aria-label", `Round ${round}. ${where.join("; ")}.`);
    $("pool").setAttribute("aria-label", `Labelled under ${arm.label}: ${groups.map((g, k) => `${counts[k]} of ${g.pool} ${g.name}`).join(", ")}.`);
  }

  // Above the plane: beside their marks the names of arms that end close together would lie on one another.
  function legend() {
    $("arms").replaceChildren(...data.arms.map((arm) => {
      const item = document.createElement("li"), svg = make("svg", { viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": true }, item);
      mark(arm, svg); item.append(arm.label);
      return item;
    }));
  }

  function stop(tell = true) {
    if (s.playing !== null) { cancelAnimationFrame(s.playing.frame); clearTimeout(s.playing.timer); }
    s.playing = null;
    $("play").textContent = "▶ Play"; $("play").setAttribute("aria-pressed", "false");
    if (tell) { s.t = Math.round(s.t); draw(); told(s.t); }
  }
  function play() {
    if (s.t >= last) s.t = 0;
    $("play").textContent = "❚❚ Pause"; $("play").setAttribute("aria-pressed", "true");
    s.playing = {};
    if (still) { leap(); return; }
    let before = null;
    const on = (now) => {
      if (s.playing === null) return;
      s.t = Math.min(last, s.t + (before === null ? 0 : (now - before) / 1000 / SECONDS_A_ROUND));
      before = now;
      draw();
      if (s.t >= last) stop(); else s.playing.frame = requestAnimationFrame(on);
    };
    s.playing.frame = requestAnimationFrame(on);
  }
  function leap() {
    draw();
    if (s.t >= last) { stop(); return; }
    s.playing.timer = setTimeout(() => { s.t = Math.min(last, Math.round(s.t) + 1); leap(); }, SECONDS_A_ROUND * 1000);
  }

  Object.assign($("time"), { max: last, step: 0.01 });
  $("arm").replaceChildren(...data.arms.map((arm) => new Option(arm.label, arm.id, false, arm.id === s.arm)));
  $("caption").textContent = data.caption;
  $("play").onclick = () => s.playing === null ? play() : stop();
  $("time").oninput = (e) => { if (s.playing !== null) stop(false); s.t = +e.target.value; draw(); };
  $("time").onchange = () => stop();
  $("arm").onchange = (e) => { s.arm = e.target.value; draw(); };
  root.onkeydown = (e) => {
    if (e.target.tagName === "SELECT") return;
    const to = { ArrowRight: Math.floor(s.t) + 1, ArrowLeft: Math.ceil(s.t) - 1, Home: 0, End: last }[e.key];
    if (e.key === " " && e.target.tagName !== "BUTTON") { e.preventDefault(); $("play").click(); }
    if (to === undefined) return;
    e.preventDefault();
    if (s.playing !== null) stop(false);
    s.t = Math.min(Math.max(to, 0), last); draw(); told(s.t);
  };
  draw();
  return {
    seek: (t) => { s.t = Math.min(Math.max(t, 0), last); draw(); },
    destroy: () => stop(false),
  };
}
