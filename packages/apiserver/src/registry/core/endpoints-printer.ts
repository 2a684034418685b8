import type { Endpoints } from '@typernetes/api/core/v1';
import { age, capped } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

const maxShown = 3;

export const endpointsPrinter: Printer<Endpoints> = {
  columns: [nameColumn, text('Endpoints'), ageColumn],
  cells: (endpoints, now) => [
    endpoints.metadata.name,
    addresses(endpoints),
    age(endpoints.metadata.creationTimestamp, now),
  ],
};

/** Every ready address with every port of its subset; bare addresses where a subset has no ports. */
function addresses({ subsets }: Endpoints): string {
  if (!subsets?.length) return '<none>';
  const all = subsets.flatMap(({ addresses: ready = [], ports = [] }) =>
    ports.length === 0
      ? ready.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => ready.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`))),
  );
  return capped(all, maxShown);
}
