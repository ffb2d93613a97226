// Matched twins as lines from group to group, with a line that can be dragged: who lies beyond it is poorly served.
const EDGE = 8, TOP = 8, FOOT = 22, LEFT = 34, NEAR = 9;
const instances = new WeakMap();

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const root = parentElement.querySelector(".people");
  if (!root || !data || !data.arms) return;
  return mount(root, data, {
    threshold: (value) => setStateValue("threshold", value),
    open: (who) => setTriggerValue("opened", who),
  });
}

// A threshold as the address names it.
const written = (value) => value.toFixed(3);

// A round distance between five or so marks on an axis: what is written at a mark is its very place.
function spacing(span) {
  const least = span / 5, ten = 10 ** Math.floor(Math.log10(least) + 1e-9);
  return [1, 2, 5, 10].map((n) => n * ten).find((step) => step >= least - 1e-9);
}

// Draws into `root` (the component's HTML) what `report.people.people_json` gives; returns what takes it down again.
export function mount(root, data, emit) {
  const $ = (name) => root.querySelector(`[data-id="${name}"]`);
  const { measure, groups } = data, [low, high] = data.domain;
  let s = instances.get(root);
  // What comes may answer a threshold that a person has moved on from since: only another one is new.
  const given = written(data.threshold);
  if (!s || s.measure !== measure.id || (s.given !== given && !s.past.has(given))) {
    s = { measure: measure.id, given, past: new Set(), threshold: data.threshold, at: null };
    instances.set(root, s);
  } else if (s.given === given) s.past.clear();
  const step = (high - low) / 200, say = (v) => v === null || v === undefined ? "nothing found"
    : measure.percent ? `${(100 * v).toFixed(1)} %` : v.toFixed(measure.unit ? 2 : 3) + (measure.unit ? ` ${measure.unit}` : "");
  const poor = (v) => v === null || (measure.sign > 0 ? v < s.threshold : v > s.threshold);
  $("beyond").textContent = measure.sign > 0 ? "below" : "above";
  Object.assign($("threshold"), { min: low, max: high, step: step });

  const panels = data.arms.map((arm) => {
    const figure = document.createElement("figure");
    figure.innerHTML = `<figcaption></figcaption><div class="counts"></div><canvas tabindex="0" role="img"></canvas>`;
    figure.querySelector("figcaption").textContent = arm.label;
    return { arm, figure, counts: figure.querySelector(".counts"), canvas: figure.querySelector("canvas") };
  });
  const rows = Math.ceil(panels.length / 5);
  $("panels").style.setProperty("--abreast", Math.max(1, Math.ceil(panels.length / rows)));
  $("panels").replaceChildren(...panels.map((p) => p.figure));

  const height = (canvas) => canvas.clientHeight - TOP - FOOT;
  const share = (v) => (Math.min(Math.max(v, low), high) - low) / (high - low);
  const y = (canvas, v) => TOP + height(canvas) * (measure.sign > 0 ? 1 - share(v) : share(v));
  const back = (canvas, py) => {
    const part = Math.min(Math.max((py - TOP) / height(canvas), 0), 1);
    return low + (high - low) * (measure.sign > 0 ? 1 - part : part);
  };
  const x = (canvas, group) => {
    const span = canvas.clientWidth - LEFT - 2 * EDGE - 24;
    return LEFT + EDGE + 12 + (groups.length > 1 ? span * group / (groups.length - 1) : span / 2);
  };
  // Without a value nothing was found: such a case lies at the worst end.
  const worst = measure.sign > 0 ? low : high;
  const points = (person) => groups.map((_, g) => person.ids[g] === null ? null : person.values[g] ?? worst);

  function draw() {
    const style = getComputedStyle(root), ink = style.color;
    panels.forEach((panel, i) => {
      const { canvas, arm } = panel, ratio = devicePixelRatio || 1;
      canvas.width = Math.max(1, canvas.clientWidth * ratio); canvas.height = canvas.clientHeight * ratio;
      const ctx = canvas.getContext("2d");
      ctx.scale(ratio, ratio);
      ctx.font = `12px ${style.fontFamily}`; ctx.fillStyle = ink; ctx.strokeStyle = ink;
      axis(ctx, canvas);
      // The more there are, the fainter each: a crowd stays a texture in which the poorly served stand out.
      const many = arm.people.length, shades = [Math.min(0.3, 14 / many), Math.min(0.75, 60 / many)];
      for (const person of arm.people) line(ctx, canvas, person, ink, shades, false);
      if (s.at && s.at.panel === i) line(ctx, canvas, arm.people[s.at.person], ink, shades, true);
      const cut = y(canvas, s.threshold);
      ctx.globalAlpha = 1; ctx.lineWidth = 2; ctx.setLineDash([5, 4]); ctx.strokeStyle = ink;
      ctx.beginPath(); ctx.moveTo(LEFT, cut); ctx.lineTo(canvas.clientWidth, cut); ctx.stroke(); ctx.setLineDash([]);
      count(panel);
    });
    $("threshold").value = s.threshold; $("value").textContent = say(s.threshold);
  }

  function axis(ctx, canvas) {
    ctx.textBaseline = "middle"; ctx.textAlign = "right"; ctx.globalAlpha = 1;
    const apart = spacing(high - low), digits = Math.max(0, -Math.floor(Math.log10(apart) + 1e-9));
    for (let k = Math.ceil(low / apart - 1e-9); k * apart <= high + 1e-9; k++) {
      const v = k * apart, at = y(canvas, v);
      ctx.fillText(measure.percent ? `${Math.round(100 * v)}%` : v.toFixed(digits), LEFT - 6, at);
      ctx.globalAlpha = 0.15; ctx.fillRect(LEFT, at, canvas.clientWidth - LEFT, 1); ctx.globalAlpha = 1;
    }
    ctx.textBaseline = "bottom";
    groups.forEach((group, g) => {
      ctx.textAlign = g === 0 ? "left" : g === groups.length - 1 ? "right" : "center";
      ctx.fillText(group.name, x(canvas, g) + (g === 0 ? -10 : g === groups.length - 1 ? 10 : 0), canvas.clientHeight);
    });
  }

  function line(ctx, canvas, person, ink, [faint, strong], lit) {
    const at = points(person), anyPoor = at.some((v) => v !== null && poor(v));
    ctx.globalAlpha = lit ? 1 : anyPoor ? strong : faint; ctx.lineWidth = lit ? 3 : 1.2; ctx.strokeStyle = ink;
    ctx.beginPath();
    at.forEach((v, g) => { if (v !== null) ctx.lineTo(x(canvas, g), y(canvas, v)); });
    ctx.stroke();
    at.forEach((v, g) => {
      if (v === null) return;
      ctx.globalAlpha = lit || poor(v) ? 1 : 0.35; ctx.fillStyle = groups[g].colour;
      ctx.beginPath(); ctx.arc(x(canvas, g), y(canvas, v), lit ? 5 : person.kept[g] ? 4 : 2.5, 0, 2 * Math.PI); ctx.fill();
    });
  }

  function count(panel) {
    const each = groups.map((group, g) => {
      const own = panel.arm.people.filter((p) => p.ids[g] !== null);
      return { group, poor: own.filter((p) => poor(p.values[g])).length, of: own.length };
    });
    panel.counts.replaceChildren(...each.map(({ group, poor: n, of }) => {
      const span = document.createElement("span"), dot = document.createElement("span"), many = document.createElement("strong");
      dot.style.color = group.colour; dot.textContent = "● "; many.textContent = n;
      span.append(dot, many, ` of ${of} ${group.name}`);
      return span;
    }));
    const said = each.map(({ group, poor: n, of }) => `${n} of ${of} ${group.name}`).join(", ");
    panel.canvas.setAttribute("aria-label", `${panel.arm.label}: poorly served ${said}. Arrow keys walk through those that can be opened.`);
  }

  function tell() {
    if (!s.at) { $("said").textContent = ""; return; }
    const arm = panels[s.at.panel].arm, person = arm.people[s.at.person], g = s.at.group;
    const each = groups.map((group, k) => person.ids[k] === null ? null : `${group.name} ${say(person.values[k])}`).filter(Boolean);
    const round = (v) => (10 * Math.round(v / 10)).toLocaleString("en");
    const sees = person.truth_mm3[g] === null ? "" : ` In the ${groups[g].name} one the model sees ${round(person.seen_mm3[g])} mm³ where ${round(person.truth_mm3[g])} are.`;
    $("said").textContent = `${arm.label}, seed ${person.seed}, test ${person.number}: ${each.join(", ")}.${sees} ${person.kept[g] ? "Click or press Enter to see its slices." : "Its volumes were not kept."}`;
  }

  function nearest(i, px, py) {
    const { canvas, arm } = panels[i];
    let best = null, least = NEAR * NEAR * 4;
    arm.people.forEach((person, k) => points(person).forEach((v, g) => {
      if (v === null) return;
      const d = (x(canvas, g) - px) ** 2 + (y(canvas, v) - py) ** 2 - (person.kept[g] ? 30 : 0);
      if (d < least) { least = d; best = { panel: i, person: k, group: g }; }
    }));
    return best;
  }

  const open = () => {
    if (!s.at) return;
    const arm = panels[s.at.panel].arm, person = arm.people[s.at.person];
    if (person.kept[s.at.group]) emit.open({ arm: arm.id, seed: person.seed, number: person.number, group: groups[s.at.group].name });
  };
  const set = (value, done) => {
    s.threshold = Math.round(value / step) * step; draw(); tell();
    if (done) { s.past.add(s.given); s.given = written(s.threshold); emit.threshold(s.threshold); }
  };
  panels.forEach((panel, i) => {
    const { canvas } = panel;
    let dragging = false;
    canvas.onpointerdown = (e) => {
      if (Math.abs(e.offsetY - y(canvas, s.threshold)) > NEAR || nearest(i, e.offsetX, e.offsetY)) return;
      dragging = true; canvas.setPointerCapture(e.pointerId);
    };
    canvas.onpointermove = (e) => {
      if (dragging) { set(back(canvas, e.offsetY), false); return; }
      s.at = nearest(i, e.offsetX, e.offsetY);
      canvas.style.cursor = s.at ? "pointer" : Math.abs(e.offsetY - y(canvas, s.threshold)) <= NEAR ? "ns-resize" : "";
      draw(); tell();
    };
    canvas.onpointerup = (e) => { if (dragging) { dragging = false; set(back(canvas, e.offsetY), true); } };
    canvas.onclick = (e) => {
      const hit = nearest(i, e.offsetX, e.offsetY);
      if (hit) { s.at = hit; open(); }
    };
    canvas.onkeydown = (e) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
      if (e.key === "Enter") { open(); return; }
      if (!by) return;
      e.preventDefault();
      const there = panel.arm.people.flatMap((p, k) => groups.map((_, g) => ({ panel: i, person: k, group: g })).filter(({ group }) => p.kept[group]));
      const now = there.findIndex((w) => s.at && s.at.panel === i && w.person === s.at.person && w.group === s.at.group);
      s.at = there.length ? there[(now + by + there.length) % there.length] : null;
      draw(); tell();
    };
  });
  $("threshold").oninput = (e) => set(+e.target.value, false);
  $("threshold").onchange = (e) => set(+e.target.value, true);
  const sized = new ResizeObserver(draw);
  sized.observe(root);
  draw(); tell();
  return () => sized.disconnect();
}
