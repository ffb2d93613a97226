// The story as a file of its own: its data lie beside it, the address keeps the scene, and there is a switch of theme.
const root = document.querySelector(".story");
const told = JSON.parse(document.getElementById("story-data").textContent);
const stage = mount(root, told, {
  at: Math.max(0, told.scenes.findIndex((scene) => `#${scene.id}` === location.hash)),
  changed: (scene) => history.replaceState(null, "", `#${scene.id}`),
});
const theme = root.querySelector("[data-id=theme]");
theme.hidden = false;
theme.onclick = () => {
  const page = document.documentElement;
  const dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "light" : "dark";
};
addEventListener("hashchange", () => stage.show(told.scenes.findIndex((scene) => `#${scene.id}` === location.hash)));
