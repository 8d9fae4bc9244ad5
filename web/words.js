// What the page says of a query: its title, why nothing was found, why a search failed, and what helps.

import { count, element, plural, titleOf } from './dom.js';
import { known } from './items.js';
import { asks, filters, settingCount } from './query.js';

/** What a query asks for: “red heart” and a picture. */
export function titleOfQuery(query) {
  if (!asks(query)) return 'In this index';
  const words = query.words.trim();
  const parts = [
    words !== '' && `“${words}”`,
    query.pictures.length > 0 && plural(query.pictures.length, 'picture'),
    query.like.length > 0 && `like ${query.like.map(id => `“${titleOf(known(id) ?? { id })}”`).join(', ')}`,
  ].filter(Boolean);
  const title = parts.join(' and ');
  return title[0].toUpperCase() + title.slice(1);
}

/** Nothing was found: why, and what helps. */
export function describeNothing(query, { total, session, seen, change, add, further }) {
  if (!asks(query) && !filters(query)) {
    return {
      image: 'empty', title: 'The index is empty',
      text: session?.write ? 'Add pictures and texts to search them.' : 'Whoever runs the service has to add pictures and texts first.',
      actions: session?.write ? [{ label: 'Add to the index', run: add, primary: true }] : [],
    };
  }
  const clear = {
    label: 'Clear filters', run: () => change(next => Object.assign(next, { find: 'both', values: {}, ranges: {}, cutoff: 'off' })),
  };
  if (!asks(query)) {
    return {
      image: 'filter', title: 'No item passes the filters',
      text: further === null ? `None of ${plural(total, 'item')} passes all of them.` : `None of the first ${count(seen)} items does.`,
      actions: [...further === null ? [] : [{ label: 'Look further', run: further }], clear],
    };
  }
  if (query.cutoff === 'auto') {
    return {
      image: 'empty', title: 'Only weak matches', text: 'Nothing stands out from the rest of the index for this search.',
      actions: [{ label: 'Show weak matches', run: () => change(next => { next.cutoff = 'off'; }), primary: true }],
    };
  }
  if (filters(query) || settingCount(query) > 0) {
    return {
      image: 'filter', title: 'Nothing passes the filters', text: 'Take some away, or search for something else.', actions: [clear],
    };
  }
  return { image: 'empty', title: 'Nothing found', text: 'The index has no items yet, or none of the kind you look for.', actions: [] };
}

/** A search failed: what happened, and what helps. */
export function describeFailure(failure, { helps, query, change, again }) {
  const start = {
    label: 'Start over', run: () => change(next => Object.assign(next, { words: '', pictures: [], like: [], withoutItems: [] })),
  };
  if (helps) {
    const text = failure.status === 0 ? 'It may have stopped, or the network is away.'
      : failure.status === 429 ? 'You have asked for more than it grants at a time.' : failure.message;
    return {
      image: failure.status === 0 ? 'offline' : 'alert',
      title: failure.status === 0 ? 'The service does not answer' : 'The service is busy',
      text: element('span', {}, `${text} `, element('span', { class: 'seconds' })),
      actions: [{ label: 'Try now', run: again, primary: true }],
    };
  }
  if (failure.status >= 500) {
    return {
      image: 'alert', title: 'Something went wrong in the service', text: failure.message,
      actions: [{ label: 'Try again', run: again, primary: true }],
    };
  }
  const picture = { label: 'Take the picture away', run: () => change(next => { next.pictures = []; }), primary: true };
  return {
    image: 'alert', title: 'This cannot be searched for', text: failure.message,
    actions: query.pictures.length > 0 ? [picture, start] : [start],
  };
}
