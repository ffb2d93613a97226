// Every test subject as a dot along Dice, a lane for each group; who is poorly served stands out and is counted.
PICTURES.people = ({ picture, story, width, height, alt, unit: u, animate, later }) => {
  const groups = Object.keys(picture.dice), gutter = 9 * u, foot = 3.6 * u, head = 1.8 * u;
  const lane = (height - foot - head) / groups.length, x = scale(picture.low, 1, gutter, width - 0.6 * u), limit = x(picture.threshold);
  const all = [picture.dice, ...(picture.before ? [picture.before] : [])];
  const r = dotSize(all, groups, x, lane - 1.8 * u, 0.42 * u);
  const node = drawing(width, height, alt);
  node.append(svg("rect", { x: gutter, y: 0, width: limit - gutter, height: height - foot, class: "zone", rx: 8 }));
  node.append(text("poorly served", limit - 0.7 * u, 1.2 * u, 0.9 * u, { "text-anchor": "end", class: "quiet" }));
  for (const v of ticks(picture.low, 1, 6)) node.append(text(v.toFixed(1), x(v), height - foot + 1.5 * u, 0.9 * u, { "text-anchor": "middle", class: "quiet" }));
  node.append(text("Dice of a test subject", (gutter + width) / 2, height - foot + 3.1 * u, 0.9 * u, { "text-anchor": "middle", class: "quiet" }));
  const counters = [];
  groups.forEach((group, k) => {
    const floor = head + lane * (k + 1) - 0.7 * u, n = picture.dice[group].length;
    node.append(svg("path", { d: `M${gutter} ${floor + 0.5}H${width}`, class: "axis" }));
    const count = text("", gutter - 1.2 * u, floor - 1.7 * u, 3.4 * u, { "text-anchor": "end", class: "strong" });
    node.append(count, text(`of ${n} ${story.groups[group].label}`, gutter - 1.2 * u, floor, u, { "text-anchor": "end" }));
    const now = stacked(picture.dice[group], x, r, floor), before = picture.before ? stacked(picture.before[group], x, r, floor) : now;
    const marks = now.map(() => mark(story, group, r));
    node.append(...marks);
    counters.push((after) => {
      const dice = after ? picture.dice[group] : picture.before[group], places = after ? now : before;
      marks.forEach((m, i) => {
        at(m, ...places[i]);
        m.setAttribute("class", `mark ${dice[i] < picture.threshold ? "poor" : "faded"}`);
      });
      count.textContent = dice.filter((d) => d < picture.threshold).length;
    });
  });
  node.append(svg("path", { d: `M${limit} 0V${height - foot}`, class: "base" }));
  const show = (after) => counters.forEach((set) => set(after));
  if (animate && picture.before) { show(false); later(1100, () => { node.classList.add("moving"); show(true); }); } else show(true);
  return html("div", {}, node);
};

// Dots in columns as wide as one dot, each on the one before it.
function stacked(dice, x, r, floor) {
  const filled = new Map(), places = [];
  dice.map((d, i) => [d, i]).sort((a, b) => a[0] - b[0]).forEach(([d, i]) => {
    const column = Math.round(x(d) / (2.1 * r)), n = filled.get(column) ?? 0;
    filled.set(column, n + 1);
    places[i] = [column * 2.1 * r, floor - r - 2.1 * r * n];
  });
  return places;
}

function dotSize(all, groups, x, high, most) {
  for (let r = most; r > 1.2; r *= 0.94) {
    const tops = all.flatMap((dice) => groups.map((g) => Math.min(...stacked(dice[g], x, r, 0).map((p) => p[1]))));
    if (-Math.min(0, ...tops) + r <= high) return r;
  }
  return 1.2;
}
