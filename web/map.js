// The map of the index: where its items lie before and after alignment, and which of them the search found.

import { map } from './api.js';
import { count, element, kindName, plural, thumbnail } from './dom.js';
import { block } from './notices.js';
import { Plot } from './plot.js';

const canvas = document.getElementById('map');
const tip = document.getElementById('map-tip');
const state = document.getElementById('map-state');
const moments = document.getElementById('moment');
const numbers = document.getElementById('gap');
const summary = document.getElementById('map-summary');
const spoken = document.getElementById('map-focus');

const near = { mouse: 14, pen: 14, touch: 26 }; // pixels within which a pointer means a point

export class MapView {
  #plot = new Plot(canvas);
  #loaded = false;
  #loading = null;
  #gap = null;
  #hits = [];
  #total = 0;

  /** Takes how an item is opened, by its id. */
  constructor(open) {
    this.open = open;
    this.#plot.painted = () => this.#placeTip();
    moments.addEventListener('change', () => this.#show());
    canvas.addEventListener('pointermove', event => this.#point(event));
    canvas.addEventListener('pointerdown', event => this.#point(event));
    canvas.addEventListener('pointerleave', event => {
      if (event.pointerType !== 'touch' && document.activeElement !== canvas) this.#focusOn(-1);
    });
    canvas.addEventListener('click', event => {
      const index = this.#plot.nearest(event.offsetX, event.offsetY, near[event.pointerType] ?? near.mouse);
      if (index >= 0) open(this.#plot.points[index].id);
    });
    canvas.addEventListener('focus', () => {
      // By a key, not by a pointer, which means the place that it points at.
      if (canvas.matches(':focus-visible') && this.#plot.focus < 0) this.#focusOn(this.#plot.start());
    });
    canvas.addEventListener('blur', () => this.#focusOn(-1));
    canvas.addEventListener('keydown', event => this.#key(event));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#plot.paint());
  }

  /** Shows the map; loads it if it is not here. */
  async show() {
    if (this.#loaded) return this.#plot.paint();
    this.#loading?.abort();
    const controller = this.#loading = new AbortController();
    this.#say({ image: 'map', title: 'Drawing the map…', text: 'A large index takes some seconds.' });
    try {
      const { points, gap } = await map({ signal: controller.signal });
      if (this.#loading !== controller) return;
      this.#loaded = true;
      this.#gap = gap;
      this.#plot.points = points;
      const hasBefore = points.some(point => point.before !== null);
      const before = moments.querySelector('[value="before"]');
      before.disabled = !hasBefore;
      if (!hasBefore) moments.querySelector('[value="after"]').checked = true;
      state.replaceChildren();
      if (points.length < 2) {
        this.#say({ image: 'map', title: 'Nothing to draw yet', text: 'A map needs a few items. Add some, then come back.' });
      }
      this.#show();
    } catch (failure) {
      if (this.#loading !== controller || failure.name === 'AbortError') return;
      this.#say({
        image: failure.status === 0 ? 'offline' : 'alert', title: 'The map cannot be shown', text: failure.message,
        actions: [{ label: 'Try again', run: () => this.show() }],
      });
    }
  }

  /** How many items the index has; the map shows some of a large one. */
  set total(total) {
    this.#total = total;
    this.#describe();
  }

  /** The index has changed: the map is loaded anew when it is shown next. */
  forget() {
    this.#loaded = false;
  }

  /** Marks what the search found. */
  mark(hits) {
    this.#hits = hits;
    this.#plot.hits = new Map(hits.map((hit, rank) => [hit.id, rank]));
    this.#describe();
  }

  /** The theme has changed. */
  repaint() {
    this.#plot.paint();
  }

  #say(description) {
    state.replaceChildren(block(description));
  }

  get #isAfter() {
    return moments.querySelector(':checked').value === 'after';
  }

  #show() {
    this.#plot.go(this.#isAfter ? 1 : 0);
    const [now, other] = this.#isAfter ? ['after', 'before'] : ['before', 'after'];
    const rows = [[['Divergence D', element('sub', {}, 'CS')], 'divergence'], [['Distance of the centres'], 'centroid_distance']];
    const gap = this.#gap?.[now] ?? null;
    numbers.replaceChildren(...gap === null ? [] : rows.map(([name, key]) => {
      const beside = this.#gap[other]?.[key];
      return element('div', {}, element('dt', {}, ...name), element('dd', {}, figure(gap[key]),
        beside !== undefined && element('small', {}, `${figure(beside)} ${other}`)));
    }));
    this.#describe();
  }

  #describe() {
    if (!this.#loaded) return;
    const { points } = this.#plot;
    const drawn = new Set(points.map(point => point.id));
    const marked = this.#hits.filter(hit => drawn.has(hit.id)).length;
    const sentences = [
      this.#total > points.length
        ? `${count(points.length)} of ${plural(this.#total, 'item')}.`
        : `${plural(points.length, 'item')}.`,
      ...new Set(points.map(point => point.kind)).size < 2 ? []
        : ['Across: how far pictures and texts lie apart. Upwards: what varies most.'],
      moments.querySelector('[value="before"]').disabled
        ? 'There is no picture from before alignment: the index has no adapter, or too few items.'
        : this.#isAfter ? 'The adapter has brought both kinds into one space.' : 'This is how the model itself places them.',
      ...this.#hits.length === 0 ? []
        : [marked === this.#hits.length ? `The ${plural(marked, 'result')} of the search ${marked === 1 ? 'is' : 'are'} marked.`
          : `${count(marked)} of the ${plural(this.#hits.length, 'result')} of the search are on it, and marked.`],
    ];
    summary.textContent = sentences.join(' ');
  }

  #point(event) {
    if (event.pointerType === 'touch' && event.type === 'pointermove') return;
    const index = this.#plot.nearest(event.offsetX, event.offsetY, near[event.pointerType] ?? near.mouse);
    canvas.style.cursor = index >= 0 ? 'pointer' : '';
    this.#focusOn(index);
  }

  #focusOn(index) {
    if (index === this.#plot.focus) return;
    this.#plot.focus = index;
    const point = this.#plot.points[index];
    if (point === undefined) {
      tip.hidden = true;
      spoken.textContent = '';
      return;
    }
    const picture = point.picture && element('img', { src: thumbnail(point), alt: '' });
    tip.replaceChildren(...[picture, element('span', {}, point.name ?? point.id)].filter(Boolean));
    tip.hidden = false;
    const rank = this.#hits.findIndex(hit => hit.id === point.id);
    spoken.textContent = `${point.name ?? point.id}, ${kindName(point.kind).toLowerCase()}${rank < 0 ? '' : `, result ${rank + 1}`}`;
  }

  #placeTip() {
    if (tip.hidden || this.#plot.focus < 0) return;
    const [x, y] = this.#plot.place(this.#plot.focus);
    const left = Math.max(8, Math.min(x - tip.offsetWidth / 2, canvas.clientWidth - tip.offsetWidth - 8));
    const above = y - tip.offsetHeight - 18;
    tip.style.transform = `translate(${left}px, ${above < 8 ? y + 18 : above}px)`;
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#plot.points.length === 0) return;
    const from = this.#plot.focus >= 0 ? this.#plot.focus : this.#plot.start();
    const to = {
      ArrowLeft: () => this.#plot.beside(from, -1, 0),
      ArrowRight: () => this.#plot.beside(from, 1, 0),
      ArrowUp: () => this.#plot.beside(from, 0, -1),
      ArrowDown: () => this.#plot.beside(from, 0, 1),
      Home: () => this.#plot.start(),
      Enter: () => from,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#focusOn(to());
    if (event.key === 'Enter') this.open(this.#plot.points[from].id);
  }
}

/** Three significant digits. */
const figure = value => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
