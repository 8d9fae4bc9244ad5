// Adds pictures and texts to the index, one after the other: the service embeds each as it comes.

import { addPicture, addTexts } from './api.js';
import { element, icon, plural } from './dom.js';
import { forItem, megabytes, picturesOf } from './picture.js';

const textsAtOnce = 100;
const mostTries = 6;

const dialog = document.getElementById('add-dialog');
const target = document.getElementById('add-target');
const choose = document.getElementById('add-choose');
const file = document.getElementById('add-file');
const form = document.getElementById('add-texts');
const text = document.getElementById('add-text');
const list = document.getElementById('add-list');

export class Adding {
  #mostBytes = Infinity;
  #last = Promise.resolve(); // the end of the queue

  /** Takes what is told when items were added. */
  constructor(added) {
    this.added = added;
    choose.addEventListener('click', () => file.click());
    file.addEventListener('change', () => {
      this.#pictures(file.files);
      file.value = '';
    });
    form.addEventListener('submit', event => {
      event.preventDefault();
      this.#texts();
    });
    dialog.addEventListener('dragover', () => target.classList.add('over'));
    dialog.addEventListener('dragleave', event => {
      if (!dialog.contains(event.relatedTarget)) target.classList.remove('over');
    });
    dialog.addEventListener('drop', event => {
      target.classList.remove('over');
      this.#pictures(event.dataTransfer.files);
    });
    dialog.addEventListener('paste', event => {
      if (event.clipboardData.files.length === 0) return;
      event.preventDefault();
      this.#pictures(event.clipboardData.files);
    });
    dialog.addEventListener('close', () => list.replaceChildren());
  }

  /** Whether the dialog is open, so that what is dropped is added. */
  get isOpen() {
    return dialog.open;
  }

  /** What this service takes. */
  allow(session) {
    this.#mostBytes = session.max_picture_bytes;
    target.hidden = !session.pictures;
    form.hidden = !session.words;
  }

  /** Opens the dialog. */
  open() {
    dialog.showModal();
  }

  #pictures(files) {
    const pictures = picturesOf(files);
    if (pictures.length === 0) {
      this.#row(icon('alert'), 'Nothing was added').fail('Those are no pictures. Choose PNG, JPEG, WebP, GIF or SVG files.');
    }
    for (const picture of pictures) {
      const url = URL.createObjectURL(picture);
      const row = this.#row(element('img', { src: url, alt: '', onload: () => URL.revokeObjectURL(url) }), picture.name);
      if (picture.size > this.#mostBytes) row.fail(`Too large: this service takes up to ${megabytes(this.#mostBytes)}.`);
      else this.#queue(row, async () => addPicture(await forItem(picture)));
    }
  }

  #texts() {
    const texts = text.value.split('\n').map(line => line.trim()).filter(line => line !== '');
    if (texts.length === 0) return text.focus();
    text.value = '';
    for (let from = 0; from < texts.length; from += textsAtOnce) {
      const some = texts.slice(from, from + textsAtOnce);
      const row = this.#row(icon('text'), some.length === 1 ? some[0] : plural(some.length, 'text'));
      this.#queue(row, () => addTexts(some), () => {
        text.value = [...some, text.value].join('\n').trim(); // Nobody types them again.
      });
    }
  }

  #queue(row, send, failed = () => {}) {
    this.#last = this.#last.then(async () => {
      try {
        const { items } = await patiently(send, row);
        row.say(items.length === 1 ? 'Added' : `${plural(items.length, 'item')} added`);
        this.added(items);
      } catch (failure) {
        row.fail(failure.message);
        failed();
      }
    });
  }

  #row(image, name) {
    const status = element('span', {}, 'Waiting');
    const row = element('li', {}, image, element('b', {}, name), status);
    list.prepend(row);
    return {
      say: words => { status.textContent = words; },
      fail: words => {
        status.textContent = words;
        row.classList.add('failed');
      },
    };
  }
}

/** Sends, and sends again while the service is busy. */
async function patiently(send, row) {
  for (let tries = 1; ; tries++) {
    row.say('Adding…');
    try {
      return await send();
    } catch (failure) {
      // Only these say that nothing was added: to send again after any other failure could add it twice.
      if (tries === mostTries || ![429, 503].includes(failure.status)) throw failure;
      row.say('The service is busy; this waits its turn');
      await new Promise(done => setTimeout(done, 1000 * (failure.retryAfter ?? tries)));
    }
  }
}
