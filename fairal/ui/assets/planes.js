// Planes of volumes (X, Y, Z), RAS+, Z fastest, and what is drawn on them. Joined with viewer.js.
const HEAT = [[0,0,4],[40,11,84],[101,21,110],[159,42,99],[212,72,66],[245,125,21],[250,193,39],[252,255,164]];
const ENDS = { axial: ["L", "R"], coronal: ["L", "R"], sagittal: ["P", "A"] };
const AXIS = { sagittal: 0, coronal: 1, axial: 2 };

const heat = (v) => {
  const w = Math.min(Math.max(v, 0), 1) * 7, i = Math.min(Math.floor(w), 6), f = w - i;
  return HEAT[i].map((c, k) => c * (1 - f) + HEAT[i + 1][k] * f);
};
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const entropy = Float32Array.from({ length: 256 }, (_, i) => {
  const p = i / 255;
  return i === 0 || i === 255 ? 0 : -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p));
});
const clamp = (v, low, high) => Math.min(Math.max(v, low), high);
const unsure = (bits) => bits < 0.25 ? "the model is sure" : bits < 0.7 ? "the model hesitates" : "the model is unsure";

// A plane of a volume as a person looks at it: first row on top.
function cutter(shape, plane, slice) {
  const [X, Y, Z] = shape;
  const [w, h] = plane === "axial" ? [X, Y] : plane === "coronal" ? [X, Z] : [Y, Z];
  const at = (col, row) => {
    const [x, y, z] = plane === "axial" ? [col, Y - 1 - row, slice]
      : plane === "coronal" ? [col, slice, Z - 1 - row] : [slice, col, Z - 1 - row];
    return (x * Y + y) * Z + z;
  };
  const value = (volume, col, row) => col < 0 || row < 0 || col >= w || row >= h ? 0 : volume[at(col, row)];
  return { w, h, value };
}

// Where values cross a level, between the centres of pixels: marching squares.
function contour(ctx, cut, value, level, scale) {
  for (let row = -1; row < cut.h; row++) for (let col = -1; col < cut.w; col++) {
    const corners = [[col, row], [col + 1, row], [col + 1, row + 1], [col, row + 1]];
    const v = corners.map(([c, r]) => value(c, r)), points = [];
    for (let i = 0; i < 4; i++) {
      const a = v[i], b = v[(i + 1) % 4];
      if ((a > level) === (b > level)) continue;
      const f = (level - a) / (b - a), [c0, r0] = corners[i], [c1, r1] = corners[(i + 1) % 4];
      points.push([(c0 + (c1 - c0) * f + 0.5) * scale, (r0 + (r1 - r0) * f + 0.5) * scale]);
    }
    for (let i = 0; i + 1 < points.length; i += 2) { ctx.moveTo(...points[i]); ctx.lineTo(...points[i + 1]); }
  }
}

// The faces between pixels inside and outside.
function edges(ctx, cut, value, level, scale) {
  for (let row = 0; row <= cut.h; row++) for (let col = 0; col <= cut.w; col++) {
    const here = value(col, row) > level;
    if (here !== value(col - 1, row) > level) { ctx.moveTo(col * scale, row * scale); ctx.lineTo(col * scale, (row + 1) * scale); }
    if (here !== value(col, row - 1) > level) { ctx.moveTo(col * scale, row * scale); ctx.lineTo((col + 1) * scale, row * scale); }
  }
}

function centre(mask, shape, axis) {
  const counts = new Array(shape[axis]).fill(0), [X, Y, Z] = shape;
  for (let x = 0; x < X; x++) for (let y = 0; y < Y; y++) for (let z = 0; z < Z; z++)
    if (mask[(x * Y + y) * Z + z]) counts[[x, y, z][axis]]++;
  const top = Math.max(...counts);
  return top ? counts.indexOf(top) : Math.floor(shape[axis] / 2);
}
