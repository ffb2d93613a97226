// Texts one below the other.
PICTURES.cards = ({ picture }) => html("div", { class: "cards" }, ...picture.cards.map((card) =>
  html("section", { class: card.code ? "code" : "" }, html("h3", {}, card.title), html("ul", {}, ...card.lines.map((line) => html("li", {}, line))))));
