// One item in full, in a dialog: its picture or words, what is known of it, and what can be done with it.

import { tile } from './card.js';
import { element, icon, kindName, titleOf } from './dom.js';

const dialog = document.getElementById('details');

export class Details {
  #items = [];
  #at = 0;
  #mayDelete = false;

  /** Takes what can be done with an item, and what is told when another is shown and when the dialog was closed. */
  constructor({ like, without, remove, shown, closed }) {
    Object.assign(this, { like, without, remove, shown });
    dialog.addEventListener('close', () => closed());
    dialog.addEventListener('click', event => {
      if (event.target === dialog) dialog.close(); // Beside it: its content covers the rest.
    });
    dialog.addEventListener('keydown', event => {
      if (event.key === 'ArrowLeft') this.#walk(-1);
      else if (event.key === 'ArrowRight') this.#walk(1);
    });
  }

  /** Whether this client may delete. */
  allow(session) {
    this.#mayDelete = session.write;
    if (dialog.open) this.#show();
  }

  /** The id of the item that is shown, or null. */
  get id() {
    return dialog.open ? this.#items[this.#at].id : null;
  }

  /** Shows one of several items. */
  open(items, at) {
    this.#items = [...items];
    this.#at = at;
    this.#show();
    if (!dialog.open) dialog.showModal();
  }

  /** Closes the dialog. */
  close() {
    if (dialog.open) dialog.close();
  }

  #walk(step) {
    const to = this.#at + step;
    if (to < 0 || to >= this.#items.length) return;
    const hint = document.activeElement?.id;
    this.#at = to;
    this.#show();
    (document.getElementById(hint) ?? dialog).focus();
    this.shown(this.#items[to]);
  }

  #show() {
    const item = this.#items[this.#at];
    const title = titleOf(item);
    dialog.replaceChildren(
      element('button', {
        type: 'button', class: 'button quiet square close', id: 'details-close', 'aria-label': 'Close', onclick: () => dialog.close(),
      }, icon('close')),
      element('div', { class: 'detail', 'data-kind': item.kind },
        tile(item, item.picture && `${item.picture}?size=1024`, title),
        element('div', { class: 'facts' },
          this.#items.length > 1 && this.#walker(),
          ...heading(item),
          element('dl', {}, ...facts(item).map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)))),
          this.#actions(item, title))));
  }

  #walker() {
    const button = (step, label, sign) => element('button', {
      type: 'button', class: 'button quiet square', id: step < 0 ? 'details-previous' : 'details-next', 'aria-label': label,
      disabled: !(this.#at + step in this.#items), onclick: () => this.#walk(step),
    }, icon(sign));
    return element('div', { class: 'walk' },
      button(-1, 'Previous result', 'back'), `${this.#at + 1} of ${this.#items.length}`, button(1, 'Next result', 'forward'));
  }

  #actions(item, title) {
    const button = (sign, label, run, properties = {}) =>
      element('button', { type: 'button', class: 'button', onclick: () => run(item), ...properties }, icon(sign), label);
    return element('div', { class: 'actions' },
      button('like', 'More like this', this.like, { class: 'button primary' }),
      button('without', 'Without this', this.without),
      item.picture && element('a', { class: 'button', href: item.picture, target: '_blank', rel: 'noopener' },
        icon('image'), 'Open the picture'),
      this.#mayDelete && button('trash', 'Delete', this.remove, { 'aria-label': `Delete ${title}` }));
  }
}

// The words of a text stand beside it already: without a name it is called by its kind alone.
const heading = item => {
  const kind = [icon(item.kind === 'image' ? 'image' : 'text'), kindName(item.kind)];
  return item.kind === 'text' && !item.name
    ? [element('h2', { id: 'details-title', class: 'kind' }, ...kind)]
    : [element('p', { class: 'kind' }, ...kind), element('h2', { id: 'details-title' }, titleOf(item))];
};

const facts = item => [
  ...(item.score === undefined ? [] : [['Score', item.score.toFixed(3)]]),
  ...Object.entries(item.attributes).map(([name, value]) => [name, String(value)]),
  ...(item.path ? [['File', item.path]] : []),
  ['Id', item.id],
];
