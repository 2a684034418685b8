/** One side of a copy: `path` here, `pod:path` or `namespace/pod:path` there. */
export interface FileSpec {
  readonly namespace: string;
  /** Empty for a local file. */
  readonly pod: string;
  readonly path: string;
}

const wrong = 'filespec must match the canonical format: [[namespace/]pod:]file/path';

/** Throws upstream's error for an invalid file spec. */
export function fileSpec(text: string): FileSpec {
  const colon = text.indexOf(':');
  if (colon === 0) throw new Error(wrong);
  if (colon < 0) return { namespace: '', pod: '', path: text };
  const path = text.slice(colon + 1);
  const parts = text.slice(0, colon).split('/');
  const [first = '', second] = parts;
  // `./a:b` is a file with a colon in its name.
  if (parts.length > 2 || first === '.' || first === '..' || first === '') {
    if (text.startsWith('.') || text.startsWith('/')) return { namespace: '', pod: '', path: text };
    throw new Error(wrong);
  }
  return second === undefined ? { namespace: '', pod: first, path } : { namespace: first, pod: second, path };
}
