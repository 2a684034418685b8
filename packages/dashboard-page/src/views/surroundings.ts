import type { Clock } from '@typernetes/base';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Connection } from '../api/connection.ts';
import type { Catalogue } from '../api/discovery.ts';
import type { Place } from '../facts/route.ts';

/** What every view may use. */
interface Surroundings {
  readonly connection: Connection;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly place: Place;
  /** Goes to another place; with `replace` without a step in the browser's history. */
  go(place: Place, options?: { replace?: boolean }): void;
  /** Says something for a while. */
  tell(text: string, tone?: 'ok' | 'bad'): void;
}

export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (!found) throw new Error('The view is shown outside of the dashboard');
  return found;
}
