// Chips for the parts of a query: pictures, items and words, each with a button that takes it away.

import { element, icon, thumbnail, titleOf } from './dom.js';
import { find, known } from './items.js';

function chip(label, spoken, image, remove) {
  const button = element('button', { type: 'button', 'aria-label': `Remove ${spoken}`, title: 'Remove', onclick: remove }, icon('close'));
  return element('li', { class: 'part' }, image, element('span', { title: label }, label), button);
}

/** A picture that was dropped. */
export const picturePart = (picture, remove) =>
  chip(picture.file.name || 'Picture', `the picture ${picture.file.name}`, element('img', { src: picture.url, alt: '' }), remove);

/** Words. */
export const wordsPart = (words, remove) => chip(words, `“${words}”`, null, remove);

/** An item, by its id; its name and picture come as soon as they are known. */
export function itemPart(id, sign, remove) {
  const made = item => chip(titleOf(item), titleOf(item),
    item.picture ? element('img', { src: thumbnail(item), alt: '' }) : icon(sign), remove);
  if (known(id)) return made(known(id));
  const part = made({ id, picture: null });
  // An item that is gone keeps its id: the search says what is wrong.
  find(id).then(item => part.replaceWith(made(item)), () => {});
  return part;
}
