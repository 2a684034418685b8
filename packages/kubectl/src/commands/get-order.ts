import { relaxedJsonPath } from '@typernetes/machinery';
import { PlainError } from '../io.ts';
import { logged } from '../logged-warning.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './get-flags.ts';
import { Unsortable } from './sort-objects.ts';

/** Values without an order end upstream's program where it sorts. */
export function sortInOrder<T, R>(
  items: readonly T[],
  how: {
    readonly sort: (items: readonly T[], path: string, objectOf: (item: T) => unknown) => R;
    readonly session: Session;
    readonly flags: GetFlags;
    /** The sorted items, and their source in upstream's words. */
    readonly of: readonly [type: string, place: string];
  },
  objectOf: (item: T) => unknown,
): R {
  const { sort, session, flags, of } = how;
  const path = flags['sort-by'];
  try {
    return sort(items, path, objectOf);
  } catch (error) {
    if (!(error instanceof Unsortable)) throw error;
    const [type, place] = of;
    const text = `Field ${relaxedJsonPath(path)} in ${type} is an unsortable type: interface, err: ${error.message}`;
    throw new PlainError(logged(text, { session, place, severity: 'F' }));
  }
}
