// Dice by budget, a line for each group, drawn as far as the rounds have come; the baseline's stays behind as dots.
function curves({ picture, story, unit: u }, box) {
  const { curve, ghost, low } = picture, groups = Object.keys(curve.by_group);
  const longest = Math.max(...groups.map((g) => story.groups[g].label.length)), right = Math.min((5 + 0.72 * longest) * u, 0.45 * box.w);
  const x = scale(curve.labelled[0], curve.labelled.at(-1), box.x, box.x + box.w - right);
  const floor = box.y + box.h - 3.4 * u, y = scale(low, 1, floor, box.y + 1.6 * u);
  const node = svg("g");
  node.append(text("Dice, test subjects", box.x - 2.6 * u, box.y + 0.2 * u, 0.9 * u, { class: "quiet" }));
  for (const v of ticks(low, 1, 4)) {
    node.append(svg("path", { d: `M${box.x - 0.4 * u} ${y(v)}H${box.x + box.w - right}`, class: "axis" }));
    node.append(text(v.toFixed(1), box.x - 0.8 * u, y(v) + 0.32 * u, 0.9 * u, { "text-anchor": "end", class: "quiet" }));
  }
  const every = Math.ceil(curve.labelled.length / 6);
  curve.labelled.forEach((n, i) => {
    if (i % every === 0 || i === curve.labelled.length - 1) node.append(text(n, x(n), floor + 1.4 * u, 0.9 * u, { "text-anchor": "middle", class: "quiet" }));
  });
  node.append(text("labelled scans", (box.x + box.x + box.w - right) / 2, floor + 2.9 * u, 0.9 * u, { "text-anchor": "middle", class: "quiet" }));
  const points = (c, g) => c.by_group[g].map((d, i) => [x(c.labelled[i]), y(d)]);
  const path = (p) => `M${p.map((q) => q.join(" ")).join("L")}`;
  if (ghost) {
    for (const g of groups) node.append(svg("path", { d: path(points(ghost, g)), class: "ghost", stroke: story.groups[g].colour }));
  }
  const lines = groups.map((g) => {
    const p = points(curve, g), lengths = [0];
    for (let i = 1; i < p.length; i++) lengths.push(lengths[i - 1] + Math.hypot(p[i][0] - p[i - 1][0], p[i][1] - p[i - 1][1]));
    const line = svg("path", { d: path(p), class: "curve reveals", stroke: story.groups[g].colour, pathLength: 1, "stroke-dasharray": "1 2" });
    const head = svg("g", { class: "follows" }, svg("path", { d: outlineOf(story, g, 0.5 * u), fill: story.groups[g].colour }));
    const label = text("", 1.1 * u, 0.35 * u, u, { class: "strong halo" });
    const said = svg("g", { class: "follows" }, label);
    node.append(line, head, said);
    return { g, p, line, head, said, label, part: lengths.map((l) => (lengths.at(-1) ? l / lengths.at(-1) : 1)) };
  });
  const show = (round) => {
    const heights = apart(lines.map(({ p }) => p[round][1]), 1.35 * u);
    lines.forEach(({ g, p, line, head, said, label, part }, i) => {
      line.style.strokeDashoffset = 1 - part[round];
      at(head, ...p[round]);
      at(said, p[round][0], heights[i]);
      label.textContent = `${three(curve.by_group[g][round])} ${story.groups[g].label}`;
    });
  };
  if (ghost) node.append(...ghostKey(ghost, story, { x: box.x, y: floor - 0.8 * u, u }));
  return { node, show };
}

function ghostKey(ghost, story, { x, y, u }) {
  const line = svg("path", { d: `M${x} ${y - 0.3 * u}h${2.2 * u}`, class: "ghost", stroke: "currentColor" });
  return [line, text(`under ${story.arms[ghost.arm].label.toLowerCase()}`, x + 2.8 * u, y, 0.9 * u, { class: "quiet halo" })];
}
