// The address bar and the history of the tab: what is searched for, which view is shown and which item is open.

import { fromAddress, toAddress } from './query.js';

const pictures = new Map(); // by id: the history can name them, but not hold them

/** The address of a query in a view. */
export function addressOf(query, view, item = null) {
  const address = toAddress(query);
  if (view !== 'search') address.set('view', view);
  if (item !== null) address.set('item', item);
  return `/${address.size > 0 ? `?${address}` : ''}`;
}

/** Writes the state to the history: typing goes on in one entry, all else gets its own. */
export function write({ query, view, item }, { typing = false, replace = false } = {}) {
  for (const picture of query.pictures) pictures.set(picture.id, picture);
  const before = history.state ?? {};
  const state = { typing, pictures: query.pictures.map(picture => picture.id), opened: item !== null && (before.opened || !replace) };
  const address = addressOf(query, view, item);
  const same = address === location.pathname + location.search && String(state.pictures) === String(before.pictures ?? []);
  if (same || replace || (typing && before.typing)) history.replaceState(state, '', address);
  else history.pushState(state, '', address);
}

/** What is typed next gets an entry of its own. */
export function endTyping() {
  if (history.state?.typing) history.replaceState({ ...history.state, typing: false }, '');
}

/** Reads the state from the address and the history. `lost` counts pictures that did not outlive a reload. */
export function read() {
  const address = new URLSearchParams(location.search);
  const query = fromAddress(address);
  const ids = history.state?.pictures ?? [];
  query.pictures = ids.map(id => pictures.get(id)).filter(picture => picture !== undefined);
  const view = address.get('view') === 'map' ? 'map' : 'search';
  return { query, view, item: address.get('item'), lost: ids.length - query.pictures.length };
}

/** Whether going back closes the item that is open. */
export const wasOpened = () => history.state?.opened === true;
