// Puts the page together: every control changes the one query, and from the query follow the address, the controls and the search.

import { Adding } from './add.js';
import { endTyping, read, wasOpened, write } from './address.js';
import { remove, session as askSession, stats as askStats } from './api.js';
import { Browse } from './browse.js';
import { Details } from './details.js';
import { count, element, plural, settled, titleOf } from './dom.js';
import { Filters } from './filters.js';
import { find, forget, known, meet } from './items.js';
import { MapView } from './map.js';
import { announce, dismiss, notify } from './notices.js';
import { asks, emptyQuery, filters as filtered, settingCount } from './query.js';
import { Results } from './results.js';
import { Retry } from './retry.js';
import { Search } from './search.js';
import { SearchBox } from './search-box.js';
import { describeFailure, describeNothing, titleOfQuery } from './words.js';

const confirmation = document.getElementById('confirm');
const help = document.getElementById('help-dialog');
const suggestions = document.getElementById('suggestions');
const theme = document.getElementById('theme');
const views = document.getElementById('views');

let query = emptyQuery();
let view = 'search';
let session = null; // null until the service has told
let total = 0;
let nothing = null; // the answer, while it says that nothing was found

// Changes of the query

function change(mutate, { typing = false } = {}) {
  const next = structuredCloneOf(query);
  mutate(next);
  query = next;
  write({ query, view, item: null }, { typing });
  show();
  search();
}

const structuredCloneOf = ({ pictures, ...rest }) => ({ ...structuredClone(rest), pictures: [...pictures] });

const like = item => {
  details.close();
  meet([item]);
  change(next => Object.assign(next, {
    words: '', pictures: [], like: [item.id], withoutItems: next.withoutItems.filter(id => id !== item.id),
  }));
  scrollTo(0, 0);
};

const without = item => {
  details.close();
  meet([item]);
  change(next => {
    next.like = next.like.filter(id => id !== item.id);
    if (!next.withoutItems.includes(item.id)) next.withoutItems.push(item.id);
  });
  if (!asks(query)) notify('without', `Results will keep away from “${titleOf(item)}” as soon as you search for something.`);
};

// Searching

const retry = new Retry(() => {
  if (session === null) learn();
  search();
}, seconds => {
  const left = document.querySelector('#state .seconds');
  if (left !== null) left.textContent = `Trying again in ${plural(seconds, 'second')}.`;
});

const listeners = {
  answered(answer, offset) {
    retry.succeeded();
    dismiss('failed');
    meet(answer.hits);
    if (answer.partial) {
      notify('partial', 'Part of the index did not answer, so results may be missing.', { label: 'Search again', run: search });
    } else {
      dismiss('partial');
    }
    nothing = answer.hits.length === 0 && offset === 0 ? answer : null;
    if (nothing !== null) {
      results.title(titleOfQuery(query));
      sayNothing();
    } else {
      results.title(titleOfQuery(query), beside(answer));
      results.show(answer.hits, offset, answer.more);
      // The field stays in sight further down, where nobody would see the first results.
      if (offset === 0 && document.activeElement?.id === 'words') scrollTo(0, 0);
    }
    suggest();
    map.mark(asks(query) ? results.items : []);
    announce(results.items.length === 0 ? 'Nothing found'
      : `${plural(results.items.length, asks(query) ? 'result' : 'item')} shown${answer.more ? ', there are more' : ''}`);
  },
  failed(failure, offset) {
    if (offset > 0) {
      results.allowMore();
      notify('failed', `The next results did not come: ${failure.message}`, { label: 'Try again', run: more });
      return;
    }
    const helps = Retry.helps(failure);
    nothing = null;
    results.title(titleOfQuery(query));
    results.say(describeFailure(failure, { helps, query, change, again: () => retry.now() }));
    suggestions.hidden = true;
    map.mark([]);
    if (view === 'map') notify('failed', failure.message, { label: 'Try again', run: () => retry.now() });
    announce(failure.message);
    if (helps) retry.wait(failure);
  },
  waiting(offset) {
    if (offset > 0) return results.waitForMore();
    results.title(titleOfQuery(query));
    results.wait();
  },
};

const asked = new Search(listeners);
const browse = new Browse(listeners);

function search() {
  retry.stop();
  if (asks(query)) {
    browse.stop();
    asked.start(query);
  } else {
    asked.stop();
    browse.start(query);
  }
}

function more() {
  const from = results.items.length;
  listeners.waiting(from === 0 ? 0 : from);
  if (asks(query)) asked.more(query, from);
  else browse.more(query, from);
}

function sayNothing() {
  const further = nothing.more ? more : null;
  results.say(describeNothing(query, { total, session, seen: browse.seen, change, add: () => adding.open(), further }));
}

function beside(answer) {
  if (!asks(query)) return settingCount(query) > 0 || filtered(query) ? '' : plural(total, 'item');
  const time = answer.milliseconds < 1 ? 'under 1 ms' : `${Math.round(answer.milliseconds)} ms`;
  if (answer.exact) return time;
  return element('span', {}, `${time} · nearly exact · `,
    element('button', { type: 'button', class: 'link', onclick: () => change(next => { next.exact = true; }) }, 'search exactly'));
}

function suggest() {
  const use = !asks(query) && !filtered(query) && session?.words === true && results.items.length > 0;
  suggestions.hidden = !use;
  if (!use) return;
  const titles = [...new Set(results.items.map(titleOf))].filter(title => title.length < 30);
  const step = Math.max(1, Math.floor(titles.length / 4));
  const few = titles.filter((_, at) => at % step === 0).slice(0, 4);
  suggestions.replaceChildren(element('span', { class: 'muted' }, 'Try'), ...few.map(title =>
    element('button', { type: 'button', class: 'value', onclick: () => change(next => { next.words = title; }) }, title)));
}

// Views and what is shown of the query

function show() {
  box.show(query);
  filters.show(query);
  document.title = asks(query) ? `${titleOfQuery(query)} · CsAligner` : view === 'map' ? 'Map · CsAligner' : 'CsAligner search';
  for (const link of views.querySelectorAll('a')) {
    if (link.dataset.view === view) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.getElementById('search-view').hidden = view !== 'search';
  document.getElementById('map-view').hidden = view !== 'map';
  if (view === 'map') map.show();
}

function go(to) {
  view = to;
  write({ query, view, item: null });
  show();
}

views.addEventListener('click', event => {
  const link = event.target.closest('a');
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.dataset.view !== view) go(link.dataset.view);
});

document.getElementById('home').addEventListener('click', event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  view = 'search';
  change(next => Object.assign(next, emptyQuery()));
});

addEventListener('popstate', () => restore());

function restore() {
  const before = query;
  const state = read();
  ({ query, view } = state);
  show();
  if (state.item === null) details.close();
  else if (details.id !== state.item) openById(state.item, true);
  if (state.lost > 0) notify('picture', 'The picture of this search is no longer here: it lived in the tab. Drop it again.');
  if (JSON.stringify(before) !== JSON.stringify(query) || results.items.length === 0) search();
}

// One item

function open(item) {
  const at = results.items.findIndex(each => each.id === item.id);
  endTyping();
  write({ query, view, item: item.id });
  if (at >= 0) details.open(results.items, at);
  else details.open([item], 0);
}

async function openById(id, isWritten = false) {
  const hit = results.items.find(each => each.id === id);
  try {
    const item = hit ?? await find(id);
    if (!isWritten) return open(item);
    if (read().item === id) details.open(hit === undefined ? [item] : results.items, Math.max(0, results.items.indexOf(hit)));
  } catch (failure) {
    notify('item', failure.message);
  }
}

async function removeItem(item) {
  document.getElementById('confirm-text').textContent =
    `“${titleOf(item)}” leaves the index for good.${item.path ? ' The file itself stays.' : ''}`;
  confirmation.returnValue = '';
  confirmation.showModal();
  await new Promise(closed => confirmation.addEventListener('close', closed, { once: true }));
  if (confirmation.returnValue !== 'yes') return;
  try {
    await remove(item.id);
  } catch (failure) {
    if (failure.status !== 404) { // Gone already is as good.
      details.close();
      return notify('item', `It was not deleted: ${failure.message}`);
    }
  }
  forget(item.id);
  details.close();
  results.drop(item.id);
  announce('Deleted');
  indexChanged();
  if (query.like.includes(item.id) || query.withoutItems.includes(item.id)) {
    change(next => {
      next.like = next.like.filter(id => id !== item.id);
      next.withoutItems = next.withoutItems.filter(id => id !== item.id);
    });
  }
}

// What the service is and can do

async function learn() {
  const [can, has] = await Promise.allSettled([askSession(), askStats()]);
  if (can.status === 'fulfilled') {
    session = can.value;
    box.allow(session);
    filters.allow(session);
    adding.allow(session);
    details.allow(session);
    document.getElementById('add').hidden = !session.write || !(session.words || session.pictures);
    document.getElementById('sign-out').hidden = !session.keys;
  }
  if (has.status === 'fulfilled') {
    const { items, attributes, model, surveyed_at: surveyed } = has.value;
    total = items.images + items.texts;
    filters.offer(attributes);
    map.total = total;
    // Just after its start the service still looks through the index.
    if (surveyed === null && total > 0) setTimeout(learn, 3000);
    document.getElementById('counts').textContent = `${plural(items.images, 'picture')}, ${plural(items.texts, 'text')} · ${model}`;
    if (!asks(query) && !filtered(query) && results.items.length > 0) results.title(titleOfQuery(query), `${count(total)} items`);
  }
  suggest();
  if (nothing !== null) sayNothing();
}

const indexChanged = settled(400, () => {
  map.forget();
  learn();
  if (view === 'map') map.show();
  if (!asks(query)) browse.start(query);
});

// The rest of the frame

function showTheme() {
  const isDark = getComputedStyle(document.documentElement).colorScheme === 'dark' ||
    (document.documentElement.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches);
  theme.setAttribute('aria-label', isDark ? 'Use light colours' : 'Use dark colours');
  theme.title = theme.getAttribute('aria-label');
  return isDark;
}

theme.addEventListener('click', () => {
  const chosen = showTheme() ? 'light' : 'dark';
  document.documentElement.dataset.theme = chosen;
  try {
    localStorage.setItem('theme', chosen);
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  showTheme();
  map.repaint();
});

document.getElementById('help').addEventListener('click', () => help.showModal());
document.getElementById('add').addEventListener('click', () => adding.open());

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.matches('input:not([type="radio"]), textarea')) return;
  if (event.key === '/') {
    event.preventDefault();
    box.focus();
  } else if (event.key === '?') {
    help.showModal();
  }
});

for (const dialog of document.querySelectorAll('dialog')) {
  dialog.addEventListener('click', event => {
    if (event.target !== dialog) return;
    const { left, right, top, bottom } = dialog.getBoundingClientRect();
    const isInside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom;
    if (!isInside) dialog.close();
  });
}

const results = new Results({ open, like, without, next: more, back: () => box.focus() });
const details = new Details({
  like, without, remove: removeItem,
  shown: item => write({ query, view, item: item.id }, { replace: true }),
  closed: () => {
    if (read().item === null) return;
    if (wasOpened()) history.back();
    else write({ query, view, item: null }, { replace: true });
  },
});
const filters = new Filters(change);
const adding = new Adding(items => {
  meet(items);
  indexChanged();
});
const box = new SearchBox({
  change, committed: endTyping, elsewhere: () => adding.isOpen,
  leave: () => {
    endTyping();
    results.focus();
  },
});
const map = new MapView(openById);

showTheme();
restore();
learn();
