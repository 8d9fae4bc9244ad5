// The service behind this page. Every failure is an ApiError with words that can be shown.

/** What went wrong, in words for people. */
export class ApiError extends Error {
  constructor(message, { status = 0, retryAfter = null } = {}) {
    super(message);
    this.name = 'ApiError';
    /** The status of HTTP; 0 if the service did not answer. */
    this.status = status;
    /** Seconds after which the service wants to be asked again, or null. */
    this.retryAfter = retryAfter;
  }
}

const started = performance.now();

/** Asks the service; what comes back is JSON, or null where there is no content. */
export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { accept: 'application/json', ...options.headers } });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new ApiError('The service does not answer.');
  }
  // The session has ended: the service answers the page itself with the form to sign in. Just after a start that would be a loop.
  if (response.status === 401 && performance.now() - started > 2000) location.reload();
  if (!response.ok) throw await problem(response);
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new ApiError('The answer of the service broke off.', { status: response.status });
  }
}

async function problem(response) {
  const seconds = Number.parseFloat(response.headers.get('retry-after'));
  const retryAfter = Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
  let detail = '';
  try {
    ({ detail = '' } = await response.json());
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  return new ApiError(detail || `The service answered with status ${response.status}.`, { status: response.status, retryAfter });
}

export const item = (id, options) => ask(`/v1/items/${encodeURIComponent(id)}`, options);
export const items = (after, limit, options) =>
  ask(`/v1/items?${new URLSearchParams(after === null ? { limit } : { limit, after })}`, options);
export const remove = id => ask(`/v1/items/${encodeURIComponent(id)}`, { method: 'DELETE' });
export const stats = () => ask('/v1/stats');
export const session = () => ask('/v1/session');
export const map = options => ask('/v1/map', options);

/** Adds texts. */
export const addTexts = texts => ask('/v1/items', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ items: texts.map(text => ({ kind: 'text', text })) }),
});

/** Adds a picture; its name is that of the file, without the extension. */
export function addPicture(file) {
  const form = new FormData();
  form.append('image', file, file.name);
  form.append('name', file.name.replace(/\.[^.]+$/, ''));
  return ask('/v1/items', { method: 'POST', body: form });
}
