import { badRequest, invalidValue, jsonProblem, type ListMeta, StatusError } from '@typernetes/machinery';

/** In a token: continue with the current state. */
export const newestRevision = -1;

/** The revision of a page has been compacted; the token in the response continues at the newest one. */
export function pageExpired(start: string): StatusError {
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
  return new StatusError('Expired', message, {
    metadata: { continue: continueToken({ revision: newestRevision, start }) },
  });
}

/**
 * A resourceVersion parameter as a number; undefined when absent or empty. Throws for an invalid one, with `prefix`
 * before the message.
 */
export function revisionOf(text: string | null, prefix = ''): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    const { field, body } = invalidValue(
      'resourceVersion',
      text,
      `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
    throw badRequest(`${prefix}${field}: ${body}`);
  }
  return Number(text);
}

/** The continuation of a paged list: after the key `start`, relative to the root of the list, at `revision`. */
export interface Continuation {
  readonly revision: number;
  readonly start: string;
}

/** The token that clients give back, in upstream's shape: `start` is a key below the list's root, ended by a NUL. */
function continueToken({ revision, start }: Continuation): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: `${start}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

export function parseContinueToken(text: string): Continuation {
  const wrong = /[^\w-]/.exec(text)?.index ?? (text.length % 4 === 1 ? text.length - 1 : undefined);
  if (wrong !== undefined) throw badToken(`: illegal base64 data at input byte ${wrong}`);
  const document = Buffer.from(text, 'base64url').toString();
  let token: unknown;
  try {
    token = JSON.parse(document);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badToken(`: ${jsonProblem(document)}`);
  }
  const { v = '', rv = 0, start = '' } = (token ?? {}) as Record<string, unknown>;
  if (v !== 'meta.k8s.io/v1') throw badToken(`: server does not recognize this encoded version ${JSON.stringify(v)}`);
  if (typeof rv !== 'number' || rv === 0)
    throw badToken(': incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  if (typeof start !== 'string' || start === '') throw badToken(': encoded start key empty (version meta.k8s.io/v1)');
  // A key is below the list's root, and nowhere else.
  if (start.split('/').some((part) => part === '..' || part === '.')) throw badToken(`: ${start}`);
  return { revision: rv, start: start.endsWith('\0') ? start.slice(0, -1) : start };
}

const badToken = (why: string): StatusError => badRequest(`invalid continue token: continue key is not valid${why}`);

export function pageMeta(
  revision: number,
  page: { start: string; remaining: number | undefined } | undefined,
): ListMeta {
  if (!page) return { resourceVersion: String(revision) };
  return {
    resourceVersion: String(revision),
    continue: continueToken({ revision, start: page.start }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
}
