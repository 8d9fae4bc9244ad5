// Small helpers to make elements. Text always goes in as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element: properties that start with "on" are listeners, the rest are attributes; null and false leave one out. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

/** An icon of the sheet in index.html. It is decoration: what it means stands beside it, or in a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A number as people read it: 12,345. */
export const count = number => number.toLocaleString('en');

/** "1 picture", "2 pictures". */
export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Runs the last of a burst of calls, once the burst has been over for some milliseconds. */
export function settled(milliseconds, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds, ...values);
  };
}

/** What to call an item in a sentence. */
export const titleOf = item => item.name || item.text || item.id;

/** A kind of item in words. */
export const kindName = kind => kind === 'image' ? 'Picture' : 'Text';

/** The thumbnail of an item. */
export const thumbnail = item => `${item.picture}?size=256`;
