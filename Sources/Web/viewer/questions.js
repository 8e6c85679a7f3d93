// What the other side asks: a line for each question, with two buttons, neither of which is chosen beforehand.

export class Questions {
  #list;
  #onAnswer;
  #items = new Map();

  /** @param {HTMLElement} list @param {(id: number, yes: boolean) => void} onAnswer */
  constructor(list, onAnswer) {
    this.#list = list;
    this.#onAnswer = onAnswer;
  }

  /** Shows these and no others; those that stand there already stay, with the focus that is on them. */
  show(questions) {
    const open = new Set(questions.map(({ id }) => id));
    for (const [id, item] of this.#items) {
      if (open.has(id)) continue;
      item.remove();
      this.#items.delete(id);
    }
    for (const { id, text } of questions) {
      if (!this.#items.has(id)) this.#items.set(id, this.#add(id, String(text)));
    }
    this.#list.hidden = this.#items.size === 0;
  }

  #add(id, text) {
    const item = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = text;
    item.append(words, this.#button(id, "Yes", true), this.#button(id, "No", false));
    this.#list.append(item);
    return item;
  }

  #button(id, text, yes) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.dataset.answer = yes ? "yes" : "no";
    button.addEventListener("click", () => this.#onAnswer(id, yes));
    return button;
  }
}
