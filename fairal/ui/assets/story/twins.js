// The same brain twice, and a handle to wipe between.
PICTURES.twins = ({ picture, story, width, height, alt, animate, later }) => {
  const [first, other] = picture.twins, ratio = 6 / 5;
  const w = Math.min(width, height * ratio), h = w / ratio;
  const image = (twin) => html("img", { src: twin.image, alt: "", draggable: "false" });
  const tag = (twin, side) => {
    const look = story.groups[twin.group], volume = twin.volume_cm3 ? `, ${twin.volume_cm3.toFixed(2)} cm³` : "";
    return html("span", { class: "tag", style: { [side]: "16px" } }, html("i", { style: { background: look.colour } }), look.label + volume);
  };
  const left = html("div", { style: { position: "absolute", inset: 0 } }, image(first));
  const handle = html("button", {
    class: "wipe", type: "button", role: "slider", "aria-label": `Wipe between ${first.group} and ${other.group}`,
    "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal",
  });
  const frame = html("div", { class: "frame", role: "group", "aria-label": alt, style: { width: `${w}px`, height: `${h}px` } },
    image(other), left,
    html("span", { class: "side", style: { left: "14px", top: "62%" } }, "L"), html("span", { class: "side", style: { right: "14px", top: "62%" } }, "R"), handle, tag(first, "left"), tag(other, "right"));
  let share = 0.5;
  const wipe = (value) => {
    share = Math.min(1, Math.max(0, value));
    left.style.clipPath = `inset(0 ${100 - 100 * share}% 0 0)`;
    handle.style.left = `${100 * share}%`;
    handle.setAttribute("aria-valuenow", Math.round(100 * share));
  };
  const follow = (event) => { const box = frame.getBoundingClientRect(); wipe((event.clientX - box.left) / box.width); };
  let touched = false;
  frame.onpointerdown = (event) => { touched = true; event.stopPropagation(); frame.setPointerCapture(event.pointerId); follow(event); };
  frame.onpointermove = (event) => { if (frame.hasPointerCapture(event.pointerId)) follow(event); };
  handle.onkeydown = (event) => {
    const by = { ArrowUp: 0.05, ArrowDown: -0.05 }[event.key];
    if (by) { touched = true; wipe(share + by); event.preventDefault(); event.stopPropagation(); }
  };
  // Once to and fro, so that everybody sees what differs before a word is said.
  const path = [[0, 0.34], [700, 0.34], [2000, 0.8], [3300, 0.2], [4300, 0.34]];
  const begun = performance.now();
  const sway = () => {
    const now = performance.now() - begun, k = path.findIndex(([ms]) => ms > now);
    if (touched) return;
    if (k < 0) { wipe(path.at(-1)[1]); return; }
    const [[t0, a], [t1, b]] = [path[k - 1], path[k]], x = (now - t0) / (t1 - t0);
    wipe(a + (b - a) * (0.5 - Math.cos(Math.PI * x) / 2));
    later(16, sway);
  };
  wipe(path[0][1]);
  if (animate) sway();
  return html("div", { class: "twins" }, frame);
};
