// The gap of each arm, seed by seed, beside what noise alone would show; to the left of 0 it has turned round. The number
// is the gap as the sentences say it.
PICTURES.strips = ({ picture, story, width, height, alt, unit: u }) => {
  const node = drawing(width, height, alt), wide = width / picture.panels.length, gaps = picture.panels.flatMap((p) => p.strips.flatMap((s) => s.gaps));
  const reach = 1.12 * Math.max(...gaps.map(Math.abs), ...picture.panels.map((p) => p.noise ?? 0), 0.02);
  picture.panels.forEach((panel, k) => {
    const left = k * wide + (k ? 1.4 * u : 0), right = (k + 1) * wide - 1.4 * u, x = scale(-reach, reach, left, right), top = 3 * u, bottom = height - 4.4 * u;
    node.append(text(MEASURES[panel.measure], x(0), 1.5 * u, 1.35 * u, { "text-anchor": "middle", class: "strong" }));
    if (panel.noise) node.append(svg("rect", { x: x(-panel.noise), y: top, width: x(panel.noise) - x(-panel.noise), height: bottom - top, class: "zone", rx: 4 }));
    node.append(svg("path", { d: `M${x(0)} ${top}V${bottom}`, class: "base" }));
    node.append(text("no gap", x(0), bottom + 1.3 * u, 0.9 * u, { "text-anchor": "middle", class: "quiet" }));
    node.append(text(`← ${panel.best}`, left, bottom + 2.7 * u, 0.9 * u, { class: "quiet" }), text(`${panel.worst} →`, right, bottom + 2.7 * u, 0.9 * u, { "text-anchor": "end", class: "quiet" }));
    node.append(text("worse served", left, bottom + 3.9 * u, 0.9 * u, { class: "quiet" }), text("worse served", right, bottom + 3.9 * u, 0.9 * u, { "text-anchor": "end", class: "quiet" }));
    const row = (bottom - top) / panel.strips.length;
    panel.strips.forEach((strip, i) => {
      const middle = top + row * (i + 0.62), { label, colour } = story.arms[strip.arm], mean = strip.gaps.reduce((a, b) => a + b) / strip.gaps.length;
      const size = Math.min(u, (right - left - 4.4 * u) / (0.62 * label.length));
      node.append(svg("path", { d: `M${left} ${middle}H${right}`, class: "axis" }));
      node.append(text(label, left, middle - Math.min(0.34 * row, 1.25 * u), size, { class: "strong halo" }));
      node.append(text(three(strip.gap), right, middle - Math.min(0.34 * row, 1.25 * u), u, { "text-anchor": "end", class: "halo" }));
      node.append(...strip.gaps.map((g) => svg("circle", { cx: x(g), cy: middle, r: 0.34 * u, fill: colour, opacity: 0.5 })));
      node.append(svg("circle", { cx: x(mean), cy: middle, r: 0.62 * u, fill: colour, stroke: "var(--ground)", "stroke-width": 2 }));
    });
  });
  return html("div", {}, node);
};
