/** The element of the shell with this id. */
export const byId = (id: string): HTMLElement => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element ${id}`);
  return found;
};

export const selectById = (id: string): HTMLSelectElement => {
  const found = byId(id);
  if (!(found instanceof HTMLSelectElement)) throw new Error(`${id} is no list to choose from`);
  return found;
};

interface Made {
  readonly className?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export const make = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { className, text, attributes = {} }: Made = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[Tag] => {
  const it = document.createElement(tag);
  if (className !== undefined) it.className = className;
  if (text !== undefined) it.textContent = text;
  for (const [name, value] of Object.entries(attributes)) it.setAttribute(name, value);
  it.append(...children);
  return it;
};

/** Changes nothing where nothing is to change: a browser repaints what is written, even with the same. */
export const setText = (it: Element, text: string): void => {
  if (it.textContent !== text) it.textContent = text;
};

export const setAttribute = (it: Element, name: string, value: string): void => {
  if (it.getAttribute(name) !== value) it.setAttribute(name, value);
};

/** Fills a list of options, and keeps what was chosen. */
export const setOptions = (
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
): void => {
  const key = JSON.stringify(options);
  if (select.dataset['options'] === key) return;
  select.dataset['options'] = key;
  const { value } = select;
  select.replaceChildren(...options.map(([of, text]) => make('option', { text, attributes: { value: of } })));
  if (options.some(([of]) => of === value)) select.value = value;
};
