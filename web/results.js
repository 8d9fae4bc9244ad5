// The grid of results. One of them takes part in the order of the Tab key; the arrow keys go from there.

import { bone, card, score } from './card.js';
import { block } from './notices.js';
import { pageSize } from './query.js';

const grid = document.getElementById('results');
const summary = document.getElementById('summary');
const aside = document.getElementById('aside');
const state = document.getElementById('state');
const more = document.getElementById('more');

export class Results {
  /** The items that are shown. */
  items = [];

  #cards = new Map(); // id -> card: one that stays keeps its picture
  #current = null; // id of the card in the order of the Tab key
  #actions;

  /** Takes what can be done with a result, how the next page is asked for, and how the search is gone back to. */
  constructor({ open, like, without, next, back }) {
    this.#actions = { open, like, without };
    this.next = next;
    this.back = back;
    more.addEventListener('click', () => this.#askMore());
    grid.addEventListener('keydown', event => this.#key(event));
    grid.addEventListener('focusin', event => this.#makeCurrent(event.target.closest('.card')?.dataset.id));
  }

  /** Says what the results are of. */
  title(text, beside = '') {
    summary.textContent = text;
    aside.replaceChildren(beside);
  }

  /** Shows that an answer is waited for. */
  wait() {
    state.replaceChildren();
    grid.setAttribute('aria-busy', 'true');
    if (this.items.length === 0) grid.replaceChildren(...Array.from({ length: pageSize }, bone));
  }

  /** Shows that more are waited for. */
  waitForMore() {
    more.disabled = true;
    more.textContent = 'Loading…';
  }

  /** Shows results; with an offset, after those that are shown. */
  show(hits, offset, hasMore) {
    const hadFocus = grid.contains(document.activeElement);
    const askedForMore = document.activeElement === more || document.activeElement === document.body && offset > 0;
    const kept = new Set(this.items.map(item => item.id));
    this.items = offset === 0 ? hits : [...this.items, ...hits.filter(item => !kept.has(item.id))];
    const cards = new Map();
    for (const item of this.items) {
      const made = this.#cards.get(item.id) ?? card(item, this.#actions);
      score(made, item.score);
      cards.set(item.id, made);
    }
    this.#cards = cards;
    grid.replaceChildren(...cards.values());
    grid.removeAttribute('aria-busy');
    state.replaceChildren();
    more.hidden = !hasMore;
    more.disabled = false;
    more.textContent = 'More';
    if (!cards.has(this.#current)) this.#current = null;
    this.#makeCurrent(this.#current ?? this.items[0]?.id);
    if (hadFocus && !grid.contains(document.activeElement)) this.focus();
    else if (askedForMore && offset > 0 && this.items[offset]) this.#focusOn(this.items[offset].id);
  }

  /** Shows a block in the place of results. */
  say(description) {
    this.items = [];
    this.#cards.clear();
    grid.replaceChildren();
    grid.removeAttribute('aria-busy');
    more.hidden = true;
    state.replaceChildren(block(description));
  }

  /** More could not be had: it can be asked for again. */
  allowMore() {
    more.disabled = false;
    more.textContent = 'More';
  }

  /** Takes one result away. */
  drop(id) {
    this.items = this.items.filter(item => item.id !== id);
    this.#cards.get(id)?.remove();
    this.#cards.delete(id);
    if (this.#current === id) this.#current = null;
    this.#makeCurrent(this.#current ?? this.items[0]?.id);
  }

  /** Goes to the results; says whether there are any. */
  focus() {
    if (this.#current === null) return false;
    this.#focusOn(this.#current);
    return true;
  }

  #focusOn(id) {
    this.#cards.get(id).querySelector('.card-open').focus();
  }

  #makeCurrent(id) {
    if (id === undefined) return;
    for (const [each, made] of this.#cards) {
      for (const button of made.querySelectorAll('button')) button.tabIndex = each === id ? 0 : -1;
    }
    this.#current = id;
  }

  #askMore() {
    if (more.hidden || more.disabled) return;
    this.next();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.items.findIndex(item => item.id === event.target.closest('.card')?.dataset.id);
    if (at < 0) return;
    const item = this.items[at];
    const columns = getComputedStyle(grid).gridTemplateColumns.split(' ').length;
    const last = this.items.length - 1;
    const go = to => {
      if (to >= 0 && to <= last) this.#focusOn(this.items[to].id);
    };
    const keys = {
      ArrowRight: () => go(at + 1),
      ArrowLeft: () => go(at - 1),
      // From the last full row down to the last result, which may stand further left.
      ArrowDown: () => go(Math.floor(at / columns) < Math.floor(last / columns) ? Math.min(last, at + columns) : at),
      ArrowUp: () => at < columns ? this.back() : go(at - columns),
      Home: () => go(0),
      End: () => go(last),
      m: () => this.#actions.like(item),
      w: () => this.#actions.without(item),
      n: () => this.#askMore(),
    };
    const run = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (run === undefined) return;
    event.preventDefault();
    run();
  }
}
