// Words about the state of things: notices above the results, a block in their place, and what is said to those who hear the page.

import { element, icon } from './dom.js';

const list = document.getElementById('notices');
const live = document.getElementById('live');
const shown = new Map();

/** Shows a notice; one with the same key gives way. An action is { label, run }. */
export function notify(key, text, action = null) {
  const notice = element('div', { class: 'notice', role: 'alert' },
    icon('alert'),
    element('p', {}, text),
    action && element('button', { type: 'button', class: 'link', onclick: () => { dismiss(key); action.run(); } }, action.label),
    element('button', { type: 'button', class: 'link', onclick: () => dismiss(key) }, 'Dismiss'));
  if (shown.has(key)) shown.get(key).replaceWith(notice);
  else list.append(notice);
  shown.set(key, notice);
}

/** Takes a notice away. */
export function dismiss(key) {
  shown.get(key)?.remove();
  shown.delete(key);
}

let speaking = 0;

/** Says something to those who hear the page, once what they do has come to rest. */
export function announce(text) {
  clearTimeout(speaking);
  live.textContent = '';
  speaking = setTimeout(() => { live.textContent = text; }, 500);
}

/** A block that stands where content would be. Actions are { label, run, primary }. */
export const block = ({ image, title, text, actions = [] }) => element('div', { class: 'state' },
  icon(image),
  element('h3', {}, title),
  element('p', {}, text),
  actions.length > 0 && element('div', { class: 'actions' }, ...actions.map(({ label, run, primary }) =>
    element('button', { type: 'button', class: primary ? 'button primary' : 'button', onclick: run }, label))));
