// Goes through the items of the index while nothing is searched for. The filters are applied here: the service lists all items.

import { items } from './api.js';
import { filters, pageSize, passes } from './query.js';

const filteredPage = 200; // items of a request while few of them may pass
const mostRequests = 5; // before the person is asked whether to look further

export class Browse {
  #running = null;
  #after = null;
  #ended = false;
  #spare = [];

  /** How many items were looked at. */
  seen = 0;

  /** Takes what is to be told: as for a search. */
  constructor({ answered, failed, waiting }) {
    Object.assign(this, { answered, failed, waiting });
  }

  /** Begins with the first item. */
  start(query) {
    this.stop();
    this.#after = null;
    this.#ended = false;
    this.#spare = [];
    this.seen = 0;
    return this.#run(query, 0);
  }

  /** Goes on. */
  more(query, offset) {
    this.stop();
    return this.#run(query, offset);
  }

  /** Drops what is under way. */
  stop() {
    this.#running?.abort();
    this.#running = null;
  }

  async #run(query, offset) {
    const controller = this.#running = new AbortController();
    const timer = setTimeout(() => this.waiting(offset), 150);
    const found = this.#spare;
    try {
      for (let asked = 0; found.length < pageSize && !this.#ended && asked < mostRequests; asked++) {
        const page = await items(this.#after, filters(query) ? filteredPage : pageSize, { signal: controller.signal });
        if (this.#running !== controller) return;
        this.#after = page.next;
        this.#ended = page.next === null;
        this.seen += page.items.length;
        found.push(...page.items.filter(item => passes(query, item)));
      }
      this.#spare = found.splice(pageSize);
      this.answered({ hits: found, more: this.#spare.length > 0 || !this.#ended, partial: false }, offset);
    } catch (failure) {
      if (this.#running === controller) this.failed(failure, offset);
    } finally {
      clearTimeout(timer);
    }
  }
}
