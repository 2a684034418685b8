import { notConnected, serverUrl } from '../connection-problem.ts';
import type { Session } from '../session.ts';
import { ListFailures } from './list-failures.ts';

/** Where an object was found: the file, and the document that it is an item of, where that is a list. */
export interface FileObject {
  readonly source: string;
  readonly list?: object;
}

interface FilesRead {
  readonly objects: readonly FileObject[];
  /** Whether upstream compares them with the server's schema first. */
  readonly validated: boolean;
}

const filesRead = new WeakMap<object, FilesRead>();

/** Remembers the files of a command: with no server to tell what they are, they are what upstream reports. */
export function noteFiles(session: Session, files: FilesRead): void {
  filesRead.set(session, files);
}

/**
 * What upstream says instead of failures that are all the same one, that there is no connection to the server: that files could not be validated, or that
 * their objects could not be recognized. Undefined for other failures, and without files.
 */
export function unreachedFiles(
  failures: readonly unknown[],
  session: Pick<Session, 'server'>,
): readonly Error[] | undefined {
  const files = filesRead.get(session);
  if (!files || failures.length === 0) return undefined;
  const errors = failures.flatMap((failure) => (failure instanceof ListFailures ? failure.errors : [failure]));
  const [why, ...others] = errors.map(notConnected);
  if (why === undefined || others.includes(undefined)) return undefined;
  // The command's own time was up, and not the connection's.
  if (why.includes('context deadline exceeded')) return undefined;
  const named = files.validated ? firstOfEach(files.objects) : documentsOf(files.objects);
  return named.map(({ source, list }) => {
    const file = JSON.stringify(source);
    const get = (path: string): string => `Get ${JSON.stringify(`${serverUrl(session)}${path}?timeout=32s`)}: ${why}`;
    if (!files.validated) return new Error(`unable to recognize ${file}: ${get('/api')}`);
    const what = `${list ? '' : 'failed to download openapi: '}${get('/openapi/v2')}`;
    return new Error(
      `error validating ${file}: error validating data: ${what}; if you choose to ignore these errors, turn validation off with --validate=false`,
    );
  });
}

/** No file is read further than where it fails. */
const firstOfEach = (objects: readonly FileObject[]): FileObject[] =>
  [...new Map(objects.toReversed().map((object) => [object.source, object])).values()].reverse();

/** The objects, but one of each list. */
const documentsOf = (objects: readonly FileObject[]): FileObject[] =>
  objects.filter(({ list }, i) => list === undefined || objects[i - 1]?.list !== list);
