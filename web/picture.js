// Pictures to search with. A large one is made smaller first, so that a phone does not send megabytes with every key.

import { plural } from './dom.js';

const small = 2 ** 20; // bytes that are sent as they are
const longest = 1024; // pixels of the longer side of one that is not; the models look at a few hundred

/** The pictures among files. */
export const picturesOf = files => [...files].filter(file => file.type.startsWith('image/'));

/** A picture that is small enough to send often; the file itself if the browser cannot read it. */
export async function prepared(file) {
  if (file.size <= small) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return file; // The service may know the format, or will say that it does not.
  }
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise(done => canvas.toBlob(done, 'image/webp', .9));
  return blob === null || blob.size > file.size ? file : new File([blob], file.name.replace(/\.[^.]*$/, `.${blob.type.slice(6)}`), { type: blob.type });
}

/** Bytes as people read them. */
export const megabytes = bytes => plural(Math.max(1, Math.round(bytes / 2 ** 20)), 'megabyte');
