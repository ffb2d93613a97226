// Copies the address of what is seen. Without a clipboard (a page that is not served over https) it can be picked up.
const SAID_MS = 2500;

export default function (component) {
  const { data, parentElement } = component;
  const button = parentElement.querySelector('[data-id="copy"]'), field = parentElement.querySelector('[data-id="address"]');
  if (!button || !data) return;
  const { location, navigator } = parentElement.ownerDocument.defaultView;
  const address = `${location.origin}${location.pathname}?${data.query}`;
  button.textContent = "Copy link"; field.value = address; field.hidden = true;
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(address);
      button.textContent = "✓ Link copied";
    } catch {
      field.hidden = false; field.select();
      button.textContent = "Copy this:";
    }
    setTimeout(() => { button.textContent = "Copy link"; }, SAID_MS);
  };
}
