// A result: what it shows, what kind it is, its score, and what can be done with it.

import { element, icon, kindName, thumbnail, titleOf } from './dom.js';

const photograph = 160; // pixels of the longer side from which a picture fills its tile; smaller ones are icons and get a margin
const long = 80; // characters from which words are set smaller

/** The tile of an item: its picture or its words. `source` is the picture's address. */
export function tile(item, source, alternative = '') {
  const made = element('span', { class: 'tile' });
  if (item.kind === 'text') {
    const words = item.text ?? item.name ?? item.id;
    made.append(element('span', { class: words.length > long ? 'words long' : 'words' }, words));
  } else if (source === null) {
    missing(made, 'No picture to show');
  } else {
    made.append(element('img', {
      src: source, alt: alternative, loading: 'lazy', decoding: 'async', draggable: 'false',
      onload: event => made.classList.toggle('large', Math.max(event.target.naturalWidth, event.target.naturalHeight) >= photograph),
      onerror: () => missing(made, 'The picture cannot be shown'),
    }));
  }
  return made;
}

function missing(tile, text) {
  tile.classList.add('missing');
  tile.replaceChildren(text);
}

/** A card of the grid; actions are called with the item. */
export function card(item, { open, like, without }) {
  const title = titleOf(item);
  const action = (sign, label, hint, run) => element('button', {
    type: 'button', tabindex: '-1', 'data-action': sign, 'aria-label': `${label} ${title}`, title: hint, onclick: () => run(item),
  }, icon(sign));
  return element('li', { class: 'card', 'data-kind': item.kind, 'data-id': item.id },
    element('button', { type: 'button', class: 'card-open', tabindex: '-1', onclick: () => open(item) },
      tile(item, item.picture && thumbnail(item)),
      element('span', { class: 'caption' },
        element('span', { class: 'kind' }, icon(item.kind === 'image' ? 'image' : 'text'), kindName(item.kind)),
        element('span', { class: 'score' })),
      item.kind === 'image' && element('span', { class: 'name' }, title)),
    element('div', { class: 'card-actions' },
      action('like', 'More like', 'More like this (M)', like),
      action('without', 'Without', 'Without this (W)', without)));
}

/** Writes a score on a card; none takes it away. */
export function score(card, value) {
  const place = card.querySelector('.score');
  place.replaceChildren(...(value === undefined ? [] : [element('span', { class: 'unseen' }, 'score '), value.toFixed(2)]));
}

/** What stands in the grid until the first answer. */
export const bone = () => element('li', { class: 'card bone', 'aria-hidden': 'true' },
  element('div', { class: 'tile' }), element('div', { class: 'line' }));
