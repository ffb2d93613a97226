// The stage: one scene at a time, the rail, keys, touch and full screen. Used by the page and by the file alike.
const KEYS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };

function mount(root, story, { at: first = 0, changed = () => {} } = {}) {
  const $ = (name) => root.querySelector(`[data-id=${name}]`);
  const scenes = story.scenes, ended = new AbortController(), heard = { signal: ended.signal };
  let current = -1, timers = new Set();
  const later = (ms, act) => { const timer = setTimeout(() => { timers.delete(timer); act(); }, ms); timers.add(timer); };
  const hush = () => { timers.forEach(clearTimeout); timers.clear(); };

  function draw(animate) {
    hush();
    const picture = $("picture"), { width, height } = picture.getBoundingClientRect(), scene = scenes[current];
    if (!width || !height) return;
    const unit = Math.min(22, Math.max(15, Math.min(width / 46, height / 34)));
    const node = PICTURES[scene.picture.kind]({ picture: scene.picture, story, width, height, unit, alt: scene.alt, animate: animate && !stillness(), later });
    if (animate) node.classList.add("appear");
    picture.replaceChildren(node);
  }

  function show(index, animate = true) {
    const next = Math.min(Math.max(index, 0), scenes.length - 1);
    if (next === current) return;
    current = next;
    const scene = scenes[current];
    $("kicker").textContent = `${story.title} · ${scene.title}`;
    $("sentence").replaceChildren(...scene.words.map(word));
    $("n").textContent = scene.n;
    $("caption").textContent = scene.caption;
    $("place").textContent = `${current + 1} / ${scenes.length}`;
    $("back").disabled = current === 0;
    $("next").disabled = current === scenes.length - 1;
    rail.forEach((button, i) => {
      button.classList.toggle("seen", i < current);
      if (i === current) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
    });
    root.dataset.scene = scene.id;
    draw(animate);
    changed(scene);
  }

  function word({ text: said, kind, of }) {
    const look = { group: story.groups, arm: story.arms }[kind]?.[of];
    return look ? html("span", { class: kind, style: { textDecorationColor: look.colour } }, said) : said;
  }

  const rail = scenes.map((scene, i) => html("button", { type: "button", title: scene.title, "aria-label": `Scene ${i + 1}: ${scene.title}`, onclick: () => show(i) }));
  $("rail").replaceChildren(...rail.map((button) => html("li", {}, button)));
  $("back").onclick = () => show(current - 1);
  $("next").onclick = () => show(current + 1);
  const full = () => (root.getRootNode().fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.());
  $("screen").onclick = full;

  // Keys belong to the story unless somebody is in a field, or on a button that space presses.
  window.addEventListener("keydown", (event) => {
    // After a press beside a button the focus is on whatever scrolls around the story.
    const target = event.composedPath()[0], around = (n) => { const host = root.getRootNode().host ?? root; return n.contains?.(host); };
    const ours = around(target) || root.contains(target);
    if (!ours || event.ctrlKey || event.metaKey || event.altKey || target.matches?.("input, select, textarea")) return;
    if (event.key === " " && target.matches?.("button")) return;
    if (event.key === "f") return full();
    const to = { Home: 0, End: scenes.length - 1 }[event.key] ?? (event.key in KEYS ? current + (event.shiftKey ? -1 : 1) * KEYS[event.key] : null);
    if (to === null) return;
    event.preventDefault();
    show(to);
  }, heard);

  let swipe = null;
  root.addEventListener("touchstart", (e) => { swipe = e.composedPath().some((n) => n.matches?.(".frame, input")) ? null : e.touches[0].clientX; }, { ...heard, passive: true });
  root.addEventListener("touchend", (e) => {
    const by = swipe === null ? 0 : e.changedTouches[0].clientX - swipe;
    if (Math.abs(by) > 50) show(current + (by < 0 ? 1 : -1));
  }, heard);

  let size = "";
  const watched = new ResizeObserver(([entry]) => {
    const now = `${Math.round(entry.contentRect.width)}×${Math.round(entry.contentRect.height)}`;
    if (size && now !== size && current >= 0) draw(false);
    size = now;
  });
  watched.observe($("picture"));
  show(first);
  return { show, end: () => { hush(); watched.disconnect(); ended.abort(); } };
}

// As a component: the scene stays when the page runs again, or the renderer is mounted again, with the same story.
const mounted = new Map();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".story");
  if (!root || !data?.story) return undefined;
  const id = data.story.experiment, told = JSON.stringify(data.story), before = mounted.get(id);
  if (before?.root !== root || before?.told !== told) {
    before?.stage.end();
    const kept = { root, told, at: before?.at ?? 0 };
    kept.stage = mount(root, data.story, {
      at: kept.at, changed: (scene) => { kept.at = data.story.scenes.indexOf(scene); },
    });
    mounted.set(id, kept);
  }
  return () => { const kept = mounted.get(id); kept?.stage.end(); if (kept) kept.root = null; };
}
