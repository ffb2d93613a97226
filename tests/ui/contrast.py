"""Contrast as WCAG 2.2 defines it: of two colours, and of every text that a browser shows, on its real ground."""


def luminance(colour: str) -> float:
    """Relative luminance of a colour written ``#RRGGBB``."""
    srgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in srgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


FAINT = """() => {
  const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => {
    const plain = css.match(/^rgba?\\(([\\d.]+), ([\\d.]+), ([\\d.]+)(?:, ([\\d.]+))?\\)$/);
    if (plain) return [+plain[1], +plain[2], +plain[3], plain[4] === undefined ? 1 : +plain[4]];
    probe.clearRect(0, 0, 1, 1); probe.fillStyle = css; probe.fillRect(0, 0, 1, 1);
    const d = probe.getImageData(0, 0, 1, 1).data;
    return [d[0], d[1], d[2], d[3] / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (c) => { const l = c.slice(0, 3).map((v) => v / 255).map(
    (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
  const up = (e) => e.parentElement || (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const chain = (e) => { const all = []; for (; e; e = up(e)) all.push(e); return all; };
  const is = (e, name) => e.getAttribute(name) === 'true';
  const off = (e) => e.disabled || is(e, 'aria-disabled') || is(e, 'aria-hidden')
    || (e.tagName === 'LABEL' && e.querySelector(':disabled'));
  const hidden = (all) => all.some((e) => { const s = getComputedStyle(e);
    return off(e) || s.visibility === 'hidden' || s.display === 'none' || +s.opacity === 0
      || s.clip === 'rect(0px, 0px, 0px, 0px)'; });
  const found = [], seen = new Set();
  const look = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.nodeType !== Node.TEXT_NODE || /^[\\s●■▲◆✚]*$/.test(node.textContent)) continue;
      const e = node.parentElement, tag = e && e.tagName.toLowerCase();
      if (!e || ['style', 'script', 'noscript', 'title', 'option', 'desc'].includes(tag)) continue;
      const box = e.getBoundingClientRect(), all = chain(e);
      if (box.width < 2 || box.height < 2 || hidden(all)) continue;
      const style = getComputedStyle(e), size = parseFloat(style.fontSize), bold = +style.fontWeight >= 700;
      const x = box.left + box.width / 2, y = box.top + box.height / 2, layers = [];
      let ground = [255, 255, 255, 1], opacity = 1, scrolled = false;
      for (const a of all) {
        const s = getComputedStyle(a), at = a.getBoundingClientRect();
        opacity *= +s.opacity;
        // What is set outside of its parent, as a slider's number, does not lie on the parent's ground.
        const inside = x >= at.left && x <= at.right && y >= at.top && y <= at.bottom;
        scrolled ||= s.overflow !== 'visible';
        if (inside || scrolled) layers.unshift(rgba(s.backgroundColor));
      }
      for (const layer of layers) ground = over(layer, ground);
      const ink = rgba(e instanceof SVGElement ? style.fill : style.color);
      const shown = over([ink[0], ink[1], ink[2], ink[3] * opacity], ground);
      const [low, high] = [light(shown), light(ground)].sort((a, b) => a - b);
      const contrast = (high + 0.05) / (low + 0.05);
      const icon = style.fontFamily.includes('Material');
      const wanted = icon || size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
      const text = node.textContent.trim().slice(0, 50), key = text + contrast.toFixed(2);
      if (contrast < wanted && !seen.has(key)) {
        seen.add(key); found.push(`${contrast.toFixed(2)} of ${wanted}: '${text}' (${tag}, ${size} px)`);
      }
    }
  };
  look(document.body);
  return found;
}"""
"""In the page: every visible text whose contrast with what lies under it is too small, with the contrast.

Alpha and opacity are composited over all ancestors, through shadow roots. Disabled controls are exempt (WCAG 1.4.3);
large text (24 px, or 18.66 px bold) and icons need 3 : 1, all else 4.5 : 1. A legend's coloured marks are no text.
"""
