// Draws the points of the map on a canvas and finds them under the pointer or beside another. Pictures are circles, texts are diamonds.

const margin = 28; // pixels around the points
const duration = 900; // milliseconds from one moment to the other

const still = matchMedia('(prefers-reduced-motion: reduce)');

export class Plot {
  /** Called after every painting. */
  painted = () => {};

  #canvas;
  #points = [];
  #hits = new Map(); // id -> rank
  #focus = -1;
  #moment = 1; // 0 before, 1 after
  #frame = 0;
  #moving = 0;

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  /** The points of the service. */
  get points() {
    return this.#points;
  }

  set points(points) {
    this.#points = points;
    this.#focus = -1;
    this.paint();
  }

  /** The ranks of the items that the search found, by id. */
  set hits(hits) {
    this.#hits = hits;
    this.paint();
  }

  /** The point that stands out, or -1. */
  get focus() {
    return this.#focus;
  }

  set focus(index) {
    if (index === this.#focus) return;
    this.#focus = index;
    this.paint();
  }

  /** Goes to before (0) or after (1). */
  go(moment) {
    cancelAnimationFrame(this.#moving);
    const from = this.#moment;
    if (still.matches || from === moment) {
      this.#moment = moment;
      this.paint();
      return;
    }
    const start = performance.now();
    const step = now => {
      const part = Math.max(0, Math.min(1, (now - start) / duration));
      const eased = part < .5 ? 4 * part ** 3 : 1 - (-2 * part + 2) ** 3 / 2;
      this.#moment = from + (moment - from) * eased;
      this.#paintNow();
      if (part < 1) this.#moving = requestAnimationFrame(step);
    };
    this.#moving = requestAnimationFrame(step);
  }

  /** Paints before the next frame. */
  paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paintNow());
  }

  /** Where a point lies, in pixels of the canvas on the page. */
  place(index) {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const { before, after } = this.#points[index];
    const start = before ?? after;
    const x = start[0] + (after[0] - start[0]) * this.#moment;
    const y = start[1] + (after[1] - start[1]) * this.#moment;
    return [width / 2 + x * (width / 2 - margin), height / 2 - y * (height / 2 - margin)];
  }

  /** The point nearest to a place, at most so many pixels away; -1 if there is none. Results of the search come first. */
  nearest(x, y, reach) {
    let best = -1;
    let least = reach;
    for (let index = 0; index < this.#points.length; index++) {
      const [px, py] = this.place(index);
      const distance = Math.hypot(px - x, py - y) - (this.#hits.has(this.#points[index].id) ? 4 : 0);
      if (distance < least) [best, least] = [index, distance];
    }
    return best;
  }

  /** The nearest point to the left, right, top or bottom of another: within 45 degrees of that direction. */
  beside(index, right, down) {
    const [x, y] = this.place(index);
    let best = index;
    let least = Infinity;
    for (let each = 0; each < this.#points.length; each++) {
      const [px, py] = this.place(each);
      const along = (px - x) * right + (py - y) * down;
      const across = Math.abs((px - x) * down) + Math.abs((py - y) * right);
      if (along <= .5 || across > along) continue;
      const distance = along + 2 * across;
      if (distance < least) [best, least] = [each, distance];
    }
    return best;
  }

  /** The point of the best result, or the one nearest to the middle; -1 if there are no points. */
  start() {
    let best = -1;
    for (let index = 0; index < this.#points.length; index++) {
      const rank = this.#hits.get(this.#points[index].id);
      if (rank !== undefined && (best < 0 || rank < this.#hits.get(this.#points[best].id))) best = index;
    }
    return best >= 0 ? best : this.nearest(this.#canvas.clientWidth / 2, this.#canvas.clientHeight / 2, Infinity);
  }

  #paintNow() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const sharp = devicePixelRatio;
    this.#canvas.width = Math.round(width * sharp);
    this.#canvas.height = Math.round(height * sharp);
    const pen = this.#canvas.getContext('2d');
    pen.scale(sharp, sharp);
    // Colours come from the legend, so that they follow the theme.
    const [image, text, hit] = ['image', 'text', 'hit'].map(name => getComputedStyle(document.getElementById(`swatch-${name}`)).color);
    const size = (this.#points.length > 1500 ? 2.6 : this.#points.length > 300 ? 3.4 : 4.5) * (width < 500 ? .8 : 1);
    const draw = (index, radius) => {
      const [x, y] = this.place(index);
      const isImage = this.#points[index].kind === 'image';
      pen.fillStyle = isImage ? image : text;
      shape(pen, isImage, x, y, radius);
      pen.fill();
    };
    const ring = (index, radius) => {
      const [x, y] = this.place(index);
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    };

    const found = [];
    pen.globalAlpha = this.#hits.size > 0 ? .28 : .62;
    for (let index = 0; index < this.#points.length; index++) {
      if (this.#hits.has(this.#points[index].id)) found.push(index);
      else draw(index, size);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = hit;
    pen.lineWidth = 2.5;
    for (const index of found) {
      draw(index, size + 1);
      ring(index, size + 5);
    }
    if (this.#focus >= 0) {
      draw(this.#focus, size + 2);
      pen.lineWidth = 3;
      ring(this.#focus, size + 9);
    }
    this.painted();
  }
}

function shape(pen, isImage, x, y, radius) {
  pen.beginPath();
  if (isImage) {
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  } else {
    const reach = radius * 1.25; // About the same ink as a circle.
    pen.moveTo(x, y - reach);
    pen.lineTo(x + reach, y);
    pen.lineTo(x, y + reach);
    pen.lineTo(x - reach, y);
    pen.closePath();
  }
}
