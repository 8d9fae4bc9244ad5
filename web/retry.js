// Tries again by itself what failed because the service was away or busy: as late as it asks for, or ever later.

const first = 2; // seconds
const latest = 30;

export class Retry {
  #timer = 0;
  #next = first;

  /** Takes what to do again, and what tells people of the seconds left. */
  constructor(again, tell) {
    Object.assign(this, { again, tell });
    addEventListener('online', () => { if (this.#timer !== 0) this.now(); });
  }

  /** Whether time can help with a failure. */
  static helps = failure => failure.status === 0 || failure.status === 429 || failure.status >= 502;

  /** Waits, then tries again. */
  wait(failure) {
    let left = failure.retryAfter ?? this.#next;
    this.#next = Math.min(latest, this.#next * 2);
    const tick = () => {
      if (left <= 0) return this.now();
      this.tell(left--);
      this.#timer = setTimeout(tick, 1000);
    };
    clearTimeout(this.#timer);
    tick();
  }

  /** Tries again at once. */
  now() {
    this.stop();
    this.again();
  }

  /** Does not try again. */
  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }

  /** The service has answered: the next wait is short again. */
  succeeded() {
    this.stop();
    this.#next = first;
  }
}
