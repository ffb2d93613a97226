// Drawing: elements, scales, and the marks by which groups are told apart without colour.
// The files of this folder are put together to one module, in the order that fairal/report/story/offline.py names.
const PICTURES = {};

const element = (space) => (tag, attributes = {}, ...children) => {
  const node = space ? document.createElementNS(space, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "style") Object.assign(node.style, value);
    else if (name.startsWith("on")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};
const svg = element("http://www.w3.org/2000/svg");
const html = element(null);

const text = (content, x, y, size, attributes = {}) => {
  const node = svg("text", { x, y, ...attributes }, content);
  node.style.fontSize = `${size}px`;
  return node;
};
const scale = (from, to, start, end) => (value) => start + ((value - from) / (to - from)) * (end - start);
const three = (value) => value.toFixed(3).replace("-", "−");
const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const at = (node, x, y) => { node.style.transform = `translate(${x}px, ${y}px)`; return node; };

// A circle, a diamond, a triangle, a square: of about equal area.
const OUTLINES = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  (r) => { const k = 1.2 * r; return `M0 ${-k}L${k} 0L0 ${k}L${-k} 0z`; },
  (r) => { const k = 1.3 * r; return `M0 ${-k}L${0.9 * k} ${0.62 * k}L${-0.9 * k} ${0.62 * k}z`; },
  (r) => { const k = 0.9 * r; return `M${-k} ${-k}H${k}V${k}H${-k}z`; },
];
const outlineOf = (story, group, r) => OUTLINES[Object.keys(story.groups).indexOf(group) % OUTLINES.length](r);
const mark = (story, group, r, attributes = {}) =>
  svg("path", { d: outlineOf(story, group, r), fill: story.groups[group].colour, class: "mark", ...attributes });

// Even steps that a person would choose, about `count` of them.
function ticks(low, high, count = 5) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9; v += step) found.push(Number(v.toFixed(10)));
  return found;
}

// Heights of labels, moved apart until none touches another; in the order in which they came.
function apart(heights, least) {
  const order = heights.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  for (let k = 1; k < order.length; k++) {
    const missing = least - (order[k].y - order[k - 1].y);
    if (missing > 0) { order[k].y += missing / 2; for (let j = k - 1; j >= 0; j--) order[j].y = Math.min(order[j].y, order[j + 1].y - least); }
  }
  const moved = [];
  for (const { y, i } of order) moved[i] = y;
  return moved;
}

const drawing = (width, height, alt, ...children) =>
  svg("svg", { class: "drawn", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt }, ...children);
