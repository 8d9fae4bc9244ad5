// Searches as someone types: the first key at once, then the latest state of a burst; an answer that is no longer wanted is dropped.

import { ask } from './api.js';
import { toRequest } from './query.js';

const burst = 40; // milliseconds between two requests of a burst
const burstWithPictures = 250; // each of them carries the pictures

export class Search {
  #timer = 0;
  #last = -Infinity;
  #running = null;

  /** Takes what is to be told: of an answer, of a failure, and that one has been waited for long enough to show it. */
  constructor({ answered, failed, waiting }) {
    Object.assign(this, { answered, failed, waiting });
  }

  /** Searches for a query now, or in a moment if the last search was just now. */
  start(query) {
    this.stop();
    const wait = (query.pictures.length > 0 ? burstWithPictures : burst) - (performance.now() - this.#last);
    if (wait <= 0) this.#run(query, 0);
    else this.#timer = setTimeout(() => this.#run(query, 0), wait);
  }

  /** The hits after those that are shown. */
  more(query, offset) {
    this.stop();
    return this.#run(query, offset);
  }

  /** Drops what is under way. */
  stop() {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = null;
  }

  async #run(query, offset) {
    const controller = this.#running = new AbortController();
    this.#last = performance.now();
    const timer = setTimeout(() => this.waiting(offset), 150);
    try {
      const { path, options } = toRequest(query, offset);
      const answer = await ask(path, { ...options, signal: controller.signal });
      if (this.#running === controller) this.answered(answer, offset);
    } catch (failure) {
      if (this.#running === controller) this.failed(failure, offset);
    } finally {
      clearTimeout(timer);
    }
  }
}
