// The field to search with: words, pictures that are chosen, dropped or pasted, items to find the like of, and which kinds to show.

import { notify } from './notices.js';
import { forQuery, megabytes, picturesOf } from './picture.js';
import { itemPart, picturePart } from './parts.js';
import { asks, mostPictures } from './query.js';

const field = document.getElementById('search-form');
const words = document.getElementById('words');
const parts = document.getElementById('parts');
const clear = document.getElementById('clear');
const choose = document.getElementById('choose');
const file = document.getElementById('picture-file');
const kinds = document.getElementById('find');
const drop = document.getElementById('drop');

let numbered = 0;

export class SearchBox {
  #session = { words: true, pictures: true, max_picture_bytes: Infinity };
  #held = 0; // pictures of the query

  /** Takes how the query is changed, how results are gone to, and whether a dropped file is somebody else's. */
  constructor({ change, leave, committed, elsewhere }) {
    Object.assign(this, { change, leave, elsewhere });
    words.addEventListener('input', () => change(query => { query.words = words.value; }, { typing: true }));
    words.addEventListener('blur', committed);
    field.addEventListener('submit', event => {
      event.preventDefault();
      committed();
    });
    words.addEventListener('keydown', event => this.#key(event));
    clear.addEventListener('click', () => {
      change(query => Object.assign(query, { words: '', pictures: [], like: [] }));
      words.focus();
    });
    choose.addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      this.add(file.files);
      file.value = '';
    });
    kinds.addEventListener('change', event => change(query => { query.find = event.target.value; }));
    this.#takeDrops();
    document.addEventListener('paste', event => {
      if (elsewhere() || event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.add(event.clipboardData.files);
    });
  }

  /** What this service can search with. */
  allow(session) {
    this.#session = session;
    words.disabled = !session.words;
    choose.hidden = !session.pictures;
    const drops = session.pictures && !matchMedia('(hover: none)').matches;
    words.placeholder = !session.words ? 'Search with a picture' : `Describe what you look for${drops ? ', or drop a picture' : ''}`;
  }

  /** Shows a query. */
  show(query) {
    if (words.value.trim() !== query.words.trim()) words.value = query.words;
    this.#held = query.pictures.length;
    parts.replaceChildren(
      ...query.pictures.map(picture => picturePart(picture, () =>
        this.#remove(next => { next.pictures = next.pictures.filter(each => each.id !== picture.id); }))),
      ...query.like.map(id => itemPart(id, 'like', () => this.#remove(next => { next.like = next.like.filter(each => each !== id); }))));
    clear.hidden = !asks(query);
    kinds.querySelector(`[value="${query.find}"]`).checked = true;
  }

  /** Goes to the field. */
  focus() {
    words.focus();
    words.select();
  }

  /** Adds pictures to the query. */
  async add(files) {
    const pictures = picturesOf(files);
    if (!this.#session.pictures) return notify('picture', 'This service cannot search with pictures: its model has none. Use words.');
    if (pictures.length === 0) return notify('picture', 'That is no picture. Drop a PNG, JPEG, WebP, GIF or SVG file.');
    const room = mostPictures - this.#held;
    if (pictures.length > room) notify('picture', `A search takes up to ${mostPictures} pictures; the rest was left out.`);
    const ready = await Promise.all(pictures.slice(0, Math.max(0, room)).map(forQuery));
    const fitting = ready.filter(picture => picture.size <= this.#session.max_picture_bytes);
    if (fitting.length < ready.length) {
      notify('picture', `That picture is too large: this service takes up to ${megabytes(this.#session.max_picture_bytes)}.`);
    }
    if (fitting.length === 0) return;
    this.change(query => query.pictures.push(...fitting.map(each => ({
      id: `${Date.now()}-${numbered++}`, file: each, url: URL.createObjectURL(each),
    }))));
  }

  #remove(change) {
    this.change(change);
    words.focus();
  }

  #key(event) {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.leave();
    } else if (event.key === 'Escape' && words.value !== '') {
      event.preventDefault();
      this.change(query => { query.words = ''; }, { typing: true });
    } else if (event.key === 'Backspace' && words.value === '') {
      this.change(query => query.like.pop() ?? query.pictures.pop());
    }
  }

  #takeDrops() {
    const isFile = event => event.dataTransfer?.types.includes('Files') && !this.elsewhere();
    addEventListener('dragover', event => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault(); // Else the browser leaves the page for the file.
      drop.hidden = this.elsewhere();
    });
    addEventListener('dragleave', event => {
      if (event.relatedTarget === null) drop.hidden = true;
    });
    addEventListener('drop', event => {
      drop.hidden = true;
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
      if (isFile(event)) this.add(event.dataTransfer.files);
    });
  }
}
