// What stands beside the results: words and items to keep away from, weak matches, and filters made from the attributes of the index.

import { count, element, settled } from './dom.js';
import { itemPart, wordsPart } from './parts.js';
import { number, settingCount } from './query.js';

const shownValues = 8; // of an attribute, before "Show all"

const panel = document.getElementById('filters');
const toggle = document.getElementById('filters-toggle');
const parts = document.getElementById('without-words');
const form = document.getElementById('without-form');
const input = document.getElementById('without');
const cutoff = document.getElementById('cutoff');
const groups = document.getElementById('attributes');
const clear = document.getElementById('clear-filters');

export class Filters {
  #attributes = [];
  #open = new Set(); // names of the attributes all of whose values are shown
  #query = null;

  /** Takes how the query is changed. */
  constructor(change) {
    this.change = change;
    toggle.addEventListener('click', () => {
      const open = panel.classList.toggle('open');
      toggle.setAttribute('aria-expanded', String(open));
    });
    form.addEventListener('submit', event => {
      event.preventDefault();
      const words = input.value.trim();
      input.value = '';
      if (words !== '') change(query => { query.without = [...query.without.filter(each => each !== words), words]; });
    });
    cutoff.addEventListener('change', event => change(query => { query.cutoff = event.target.value; }));
    clear.addEventListener('click', () => {
      change(query => Object.assign(query, { without: [], withoutItems: [], values: {}, ranges: {}, cutoff: 'off' }));
      input.focus();
    });
  }

  /** Whether words can be kept away from. */
  allow(session) {
    form.hidden = !session.words;
  }

  /** The attributes of the index, as its statistics tell them. */
  offer(attributes) {
    this.#attributes = attributes.filter(attribute => attribute.least !== null || attribute.values.length > 1);
    if (this.#query !== null) this.show(this.#query);
  }

  /** Shows a query. */
  show(query) {
    this.#query = query;
    parts.replaceChildren(
      ...query.without.map(words => wordsPart(words, () =>
        this.#remove(next => { next.without = next.without.filter(each => each !== words); }))),
      ...query.withoutItems.map(id => itemPart(id, 'without', () =>
        this.#remove(next => { next.withoutItems = next.withoutItems.filter(each => each !== id); }))));
    cutoff.querySelector(`[value="${query.cutoff}"]`).checked = true;
    this.#showGroups(query);
    const used = settingCount(query);
    clear.hidden = used === 0;
    toggle.querySelector('span').textContent = used === 0 ? 'Filters' : `Filters (${used})`;
  }

  #remove(change) {
    this.change(change);
    input.focus();
  }

  #showGroups(query) {
    const active = groups.contains(document.activeElement) ? document.activeElement : null;
    if (active?.type === 'number') return; // Someone types in it, and nothing else changes meanwhile.
    const focused = active?.id ?? null;
    groups.replaceChildren(...this.#attributes.flatMap((attribute, at) => [
      attribute.values.length > 1 && this.#values(attribute, at, query.values[attribute.name] ?? []),
      attribute.least !== null && this.#range(attribute, at, query.ranges[attribute.name] ?? { min: null, max: null }),
    ]).filter(Boolean));
    if (focused !== null) document.getElementById(focused)?.focus();
  }

  #values(attribute, at, chosen) {
    const { name, values } = attribute;
    // A value from the address that is not among the most frequent ones can be taken back too.
    const all = [...values, ...chosen.filter(value => !values.some(each => each.value === value)).map(value => ({ value, items: null }))];
    const open = this.#open.has(name) || all.length <= shownValues + 1;
    const seen = open ? all : all.filter(({ value }, place) => place < shownValues || chosen.includes(value));
    const button = ({ value, items }, place) => element('button', {
      type: 'button', class: 'value', id: `value-${at}-${place}`, 'aria-pressed': String(chosen.includes(value)),
      onclick: () => this.change(query => {
        const next = chosen.includes(value) ? chosen.filter(each => each !== value) : [...chosen, value];
        if (next.length > 0) query.values[name] = next;
        else delete query.values[name];
      }),
    }, value, items !== null && element('small', {}, ` ${count(items)}`));
    return element('section', { role: 'group', 'aria-labelledby': `attribute-${at}` },
      element('h2', { id: `attribute-${at}` }, name),
      element('div', { class: 'values' }, ...seen.map(button)),
      all.length > shownValues + 1 && element('button', {
        type: 'button', class: 'link', id: `all-${at}`, 'aria-expanded': String(open),
        onclick: () => {
          if (!this.#open.delete(name)) this.#open.add(name);
          this.#showGroups(this.#query);
        },
      }, open ? 'Show fewer' : `Show all ${all.length}`));
  }

  #range(attribute, at, { min, max }) {
    const { name, least, most } = attribute;
    const bound = (side, value, hint) => element('input', {
      type: 'number', step: 'any', id: `${side}-${at}`, value, placeholder: hint,
      'aria-label': `${name}, at ${side === 'min' ? 'least' : 'most'}`,
      oninput: settled(300, event => this.change(query => {
        const next = { ...query.ranges[name] ?? { min: null, max: null }, [side]: number(event.target.value) };
        if (next.min === null && next.max === null) delete query.ranges[name];
        else query.ranges[name] = next;
      }, { typing: true })),
    });
    return element('section', { role: 'group', 'aria-labelledby': `range-${at}` },
      element('h2', { id: `range-${at}` }, name),
      element('div', { class: 'inline' },
        bound('min', min, least), element('span', { class: 'muted', 'aria-hidden': 'true' }, '–'), bound('max', max, most)));
  }
}
