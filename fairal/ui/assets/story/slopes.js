// What changes from one arm to another: a line for each group, a panel for each measure. A step is as high in
// every panel, though each shows its own stretch of the axis; a small difference is not drawn as a cliff.
const MEASURES = { dice: "Dice", surface_dice: "Surface Dice" };

PICTURES.slopes = ({ picture, story, width, height, alt, unit: u, animate, later }) => {
  const groups = Object.keys(story.groups), stretches = picture.panels.map((p) => {
    const values = [...Object.values(p.before), ...Object.values(p.after)];
    return [Math.min(...values), Math.max(...values)];
  });
  const span = 1.08 * Math.max(0.05, ...stretches.map(([low, high]) => high - low));
  const node = drawing(width, height, alt), each = width / picture.panels.length;
  const lines = [];
  picture.panels.forEach((panel, k) => {
    const centre = (stretches[k][0] + stretches[k][1]) / 2, y = scale(centre - span / 2, centre + span / 2, height - 4.2 * u, 4.2 * u);
    const left = k * each + 4.6 * u, right = (k + 1) * each - 4.6 * u - (k < picture.panels.length - 1 ? u : 0), middle = (left + right) / 2;
    node.append(text(MEASURES[panel.measure], middle, 1.6 * u, 1.35 * u, { "text-anchor": "middle", class: "strong" }));
    [left, right].forEach((x, i) => {
      node.append(svg("path", { d: `M${x} ${3.2 * u}V${height - 3.4 * u}`, class: "axis" }));
      const words = story.arms[picture.arms[i]].label.split(/(?<=,) /);
      words.forEach((w, j) => node.append(text(w, x, height - 2 * u + j * 1.2 * u, u, { "text-anchor": "middle", class: "quiet" })));
    });
    const ends = [panel.before, panel.after].map((side) => apart(groups.map((g) => y(side[g])), 1.35 * u));
    groups.forEach((g, i) => {
      const [a, b] = [y(panel.before[g]), y(panel.after[g])], colour = story.groups[g].colour;
      const line = svg("path", { d: `M${left} ${a}L${right} ${b}`, class: "curve reveals", stroke: colour, pathLength: 1, "stroke-dasharray": "1 2" });
      const end = svg("g", { class: "fades" }, at(mark(story, g, 0.55 * u), right, b),
        text(three(panel.after[g]), right + 1.1 * u, ends[1][i] + 0.35 * u, 1.05 * u, { class: "strong" }));
      node.append(line, at(mark(story, g, 0.55 * u), left, a), end);
      node.append(text(three(panel.before[g]), left - 1.1 * u, ends[0][i] + 0.35 * u, 1.05 * u, { "text-anchor": "end", class: "strong" }));
      lines.push([line, end]);
    });
    const higher = groups.map((g, i) => ({ g, y: ends[0][i] }));
    if (k === 0) higher.forEach(({ g, y: at_ }, i) => {
      const below = at_ === Math.max(...ends[0]);
      node.append(text(story.groups[g].label, left + 0.9 * u, y(panel.before[g]) + (below ? 1.5 : -0.9) * u, u, { class: "strong halo" }));
    });
  });
  const show = (done) => lines.forEach(([line, end]) => { line.style.strokeDashoffset = done ? 0 : 1; end.style.opacity = done ? 1 : 0; });
  show(!animate);
  if (animate) later(600, () => { node.classList.add("moving"); show(true); });
  return html("div", {}, node);
};
