// Pictures on their way to the service, which reads PNG, JPEG and WebP. What else the browser can show is converted, and a large picture
// to search with is made smaller first, so that a phone does not send megabytes with every key.

import { plural } from './dom.js';

const read = ['image/png', 'image/jpeg', 'image/webp'];
const small = 2 ** 20; // bytes of a query's picture that are sent as they are
const longest = { query: 1024, item: 2048 }; // pixels of the longer side of what is converted

/** The pictures among files. */
export const picturesOf = files => [...files].filter(file => file.type.startsWith('image/'));

/** A picture to search with, small enough to send often. */
export const forQuery = file => read.includes(file.type) && file.size <= small ? file : converted(file, longest.query);

/** A picture to add: the file itself if the service reads it. */
export const forItem = file => read.includes(file.type) ? file : converted(file, longest.item);

/** Bytes as people read them. */
export const megabytes = bytes => plural(Math.max(1, Math.round(bytes / 2 ** 20)), 'megabyte');

async function converted(file, side) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    return file; // The service says what it thinks of it.
  } finally {
    URL.revokeObjectURL(image.src);
  }
  // A drawing has any size; pixels are never made more.
  const most = Math.max(image.naturalWidth, image.naturalHeight, 1);
  const scale = file.type === 'image/svg+xml' ? side / most : Math.min(1, side / most);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise(done => canvas.toBlob(done, 'image/webp', .92));
  if (blob === null || (read.includes(file.type) && blob.size > file.size)) return file;
  return new File([blob], file.name.replace(/\.[^.]*$/, `.${blob.type.slice(6)}`), { type: blob.type });
}
