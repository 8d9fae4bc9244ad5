// What is searched for: one plain object that the address of the page, the controls and the request are made from.

/** How many hits a page has: full rows of 2, 3, 4, 6 or 8. */
export const pageSize = 24;

/** The most pictures of one query, and the most hits, that the service takes. */
export const mostPictures = 4;
export const mostHits = 10_000;

/** A query that asks for nothing yet. */
export const emptyQuery = () => ({
  words: '',
  pictures: [], // { id, file, url }: they live in this tab only
  like: [], // ids
  without: [], // words to keep away from
  withoutItems: [], // ids to keep away from
  find: 'both', // both, images, texts
  cutoff: 'off', // off, auto
  exact: false,
  values: {}, // attribute -> texts, one of which an item must have
  ranges: {}, // attribute -> { min, max }, either may be null
});

/** Whether there is something to search for. */
export const asks = query => query.words.trim() !== '' || query.pictures.length > 0 || query.like.length > 0;

/** Whether attributes or kinds are filtered by. */
export const filters = query => query.find !== 'both' || Object.keys(query.values).length + Object.keys(query.ranges).length > 0;

/** How many of the settings beside the results are in use. */
export const settingCount = query =>
  Object.keys(query.values).length + Object.keys(query.ranges).length + query.without.length + query.withoutItems.length +
  (query.cutoff === 'auto' ? 1 : 0);

/** Whether an item passes the filters of a query. */
export const passes = (query, item) =>
  (query.find === 'both' || item.kind === (query.find === 'images' ? 'image' : 'text')) &&
  Object.entries(query.values).every(([name, values]) => values.includes(item.attributes[name])) &&
  Object.entries(query.ranges).every(([name, { min, max }]) => {
    const value = item.attributes[name];
    return typeof value === 'number' && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
  });

/** The query as parameters of the page's address, without its pictures. */
export function toAddress(query) {
  const address = new URLSearchParams();
  if (query.words.trim() !== '') address.set('q', query.words.trim());
  for (const id of query.like) address.append('like', id);
  for (const words of query.without) address.append('without', words);
  for (const id of query.withoutItems) address.append('without_like', id);
  if (query.find !== 'both') address.set('find', query.find);
  if (query.cutoff !== 'off') address.set('cutoff', query.cutoff);
  if (query.exact) address.set('exact', 'true');
  for (const [name, values] of Object.entries(query.values))
    for (const value of values) address.append(`is.${name}`, value);
  for (const [name, { min, max }] of Object.entries(query.ranges)) address.append(`range.${name}`, `${min ?? ''}..${max ?? ''}`);
  return address;
}

/** Reads what toAddress wrote; what it cannot have written is left out. */
export function fromAddress(address) {
  const query = emptyQuery();
  query.words = address.get('q') ?? '';
  query.like = address.getAll('like').filter(id => id !== '');
  query.without = address.getAll('without').filter(words => words.trim() !== '');
  query.withoutItems = address.getAll('without_like').filter(id => id !== '');
  if (['images', 'texts'].includes(address.get('find'))) query.find = address.get('find');
  if (address.get('cutoff') === 'auto') query.cutoff = 'auto';
  query.exact = address.get('exact') === 'true';
  for (const [key, value] of address) {
    if (key.startsWith('is.')) {
      const name = key.slice(3);
      if (Object.hasOwn(query.values, name)) query.values[name].push(value);
      else query.values[name] = [value];
    } else if (key.startsWith('range.')) {
      const [min, max = null] = value.split('..').map(number);
      if (min !== null || max !== null) query.ranges[key.slice(6)] = { min, max };
    }
  }
  return query;
}

/** A number that was typed, or null. */
export function number(text) {
  const value = Number.parseFloat(text);
  return Number.isFinite(value) ? value : null;
}

/** The filter as the service takes it, or null. */
export function toFilter(query) {
  const conditions = [
    ...Object.entries(query.values).map(([attribute, values]) => ({ attribute, in: values })),
    ...Object.entries(query.ranges).map(([attribute, { min, max }]) =>
      ({ attribute, ...(min !== null && { gte: min }), ...(max !== null && { lte: max }) })),
  ];
  return conditions.length === 0 ? null : conditions.length === 1 ? conditions[0] : { all: conditions };
}

/** The request of a page of hits: GET, or a form where pictures go along. */
export function toRequest(query, offset) {
  const fields = [
    ...(query.words.trim() === '' ? [] : [['q', query.words.trim()]]),
    ...query.like.map(id => ['like', id]),
    ...query.without.map(words => ['without', words]),
    ...query.withoutItems.map(id => ['without_like', id]),
    ['find', query.find],
    ['top', String(pageSize)],
  ];
  if (offset > 0) fields.push(['offset', String(offset)]);
  if (query.cutoff === 'auto') fields.push(['min_score', 'auto']);
  if (query.exact) fields.push(['exact', 'true']);
  const filter = toFilter(query);
  if (filter !== null) fields.push(['filter', JSON.stringify(filter)]);
  if (query.pictures.length === 0) return { path: `/v1/search?${new URLSearchParams(fields)}`, options: {} };
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  for (const { file } of query.pictures) body.append('image', file, file.name || 'picture');
  return { path: '/v1/search', options: { method: 'POST', body } };
}
