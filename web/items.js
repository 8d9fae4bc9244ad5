// Items that the page has met, so that one named in the address can be shown by its name and picture.

import { item as askFor } from './api.js';

const met = new Map();

/** Keeps items for later. */
export function meet(items) {
  for (const item of items) met.set(item.id, item);
}

/** An item by its id, if the page has met it. */
export const known = id => met.get(id) ?? null;

/** An item by its id, from the service if need be. */
export async function find(id) {
  if (!met.has(id)) met.set(id, await askFor(id));
  return met.get(id);
}

/** Forgets an item that is gone. */
export const forget = id => met.delete(id);
