import { readBody, responseError } from '@typernetes/client';
import { type ApiObject, collectionPath, isNotFound, StatusError } from '@typernetes/machinery';
import { refused } from '../connection-problem.ts';
import { errorText } from '../error-text.ts';
import { ListFailures } from '../manifests/list-failures.ts';
import { unreachedFiles } from '../manifests/unreached-files.ts';
import { responseObjects } from '../requests/response-object.ts';
import type { Selection } from '../resources/arguments.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './get-flags.ts';

/** A request of `get`, with its namespace. */
export interface Wanted extends Selection {
  readonly namespace: string | undefined;
  /** For objects from files: whether their labels match the selector. */
  readonly isWanted?: (object: Pick<ApiObject, 'metadata'>) => boolean;
  /** For items of a list in a file: that list. */
  readonly list?: object;
  /** An object from a file without a name, which cannot be requested: it is printed as it is. */
  readonly unnamed?: ApiObject;
}

export interface List {
  readonly items?: ApiObject[];
  readonly apiVersion?: string;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

/** The paths to GET: a collection, or one path for each name. */
export function pathsOf({ type, names, namespace }: Wanted, flags: GetFlags): string[] {
  const collection = collectionPath(type, namespace);
  const below = flags.subresource === '' ? '' : `/${flags.subresource}`;
  if (names) return names.map((name) => `${collection}/${encodeURIComponent(name)}${below}`);
  if (below !== '') throw new Error('subresource cannot be used when bulk resources are specified');
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  if (flags['field-selector']) query.set('fieldSelector', flags['field-selector']);
  if (flags['chunk-size'] > 0) query.set('limit', String(flags['chunk-size']));
  return [`${collection}?${query}`];
}

export async function fetchJson<R>(path: string, session: Session, accept = 'application/json'): Promise<R> {
  const response = await session.client.transport.request({ method: 'GET', path, headers: { accept } });
  if (response.status < 200 || response.status > 299) throw await responseError(response, { method: 'GET', path });
  return JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as R;
}

/** Follows the `continue` tokens to the end of a list. */
export async function* pages<R extends { metadata?: { continue?: string } }>(
  path: string,
  session: Session,
  accept?: string,
): AsyncGenerator<R> {
  let at = path;
  for (;;) {
    const page = await fetchJson<R>(at, session, accept);
    yield page;
    if (!page.metadata?.continue) return;
    at = `${path}${path.includes('?') ? '&' : '?'}continue=${encodeURIComponent(page.metadata.continue)}`;
  }
}

/** What is missing from a namespace that is missing, too, is told of that. The namespace is asked for in the form that was wanted, as upstream does. */
export async function orMissingNamespace(
  failure: unknown,
  { namespace }: Wanted,
  { session, accept }: { session: Session; accept?: string },
): Promise<unknown> {
  if (!isNotFound(failure) || namespace === undefined || namespace === 'default') return failure;
  try {
    await fetchJson(`/api/v1/namespaces/${encodeURIComponent(namespace)}`, session, accept);
    return failure;
  } catch (error) {
    return isNotFound(error) ? error : failure;
  }
}

/** Runs `each` for every path. Failures are printed when all have been requested, and set exit code 1. */
export async function forEachPath(
  selections: readonly Wanted[],
  context: { flags: GetFlags; session: Session; accept?: string },
  each: (path: string, wanted: Wanted) => Promise<void>,
  report?: (text: string) => void,
): Promise<number> {
  const texts: string[] = [];
  const write = report ?? ((text: string) => void texts.push(text));
  const failed: unknown[] = [];
  let code = 0;
  let ofList: unknown[] = [];
  for (const [i, wanted] of selections.entries()) {
    for (const path of pathsOf(wanted, context.flags)) {
      try {
        await each(path, wanted);
      } catch (failure) {
        const { selector: labelSelector, 'field-selector': fieldSelector } = context.flags;
        const error = wanted.names
          ? await orMissingNamespace(failure, wanted, context)
          : listError(failure, { type: wanted.type, labelSelector, fieldSelector });
        const missing = error instanceof StatusError && error.reason === 'NotFound';
        if (missing && context.flags['ignore-not-found']) continue;
        // Only table printers need the list's metadata.
        if (wanted.list && !report) ofList.push(error);
        else {
          failed.push(error);
          write(errorText(error, context.session.server));
        }
        code = 1;
      }
    }
    if (ofList.length > 0 && wanted.list !== selections[i + 1]?.list) {
      write(`${new ListFailures(ofList).message}\n`);
      ofList = [];
    }
  }
  // That there is no connection is told once.
  const isOne = failed.every((error) => refused(error) !== undefined);
  const unreached = report ? undefined : unreachedFiles(failed, context.session)?.map(({ message }) => `${message}\n`);
  context.session.io.err(
    responseObjects(failed, context.session) + (unreached ?? (isOne ? texts.slice(0, 1) : texts)).join(''),
  );
  return code;
}
