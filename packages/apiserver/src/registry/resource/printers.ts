import type { ResourceClaim, ResourceSlice } from '@typernetes/api/resource/v1';
import { age } from '../cells.ts';
import { ageColumn, nameColumn, text } from '../columns.ts';
import type { Printer } from '../printer.ts';

export const resourceClaimPrinter: Printer<ResourceClaim> = {
  columns: [nameColumn, text('State'), ageColumn],
  cells: (claim, now) => [claim.metadata.name, stateWords(claim), age(claim.metadata.creationTimestamp, now)],
};

function stateWords({ metadata, status }: ResourceClaim): string {
  const words: string[] = [];
  if (metadata.deletionTimestamp) words.push('deleted');
  if (!status?.allocation) {
    if (words.length === 0) words.push('pending');
  } else {
    words.push('allocated');
    if (status.reservedFor?.length) words.push('reserved');
  }
  return words.join(',');
}

export const resourceSlicePrinter: Printer<ResourceSlice> = {
  columns: [nameColumn, text('Node'), text('Driver'), text('Pool'), ageColumn],
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec.nodeName ?? '',
    spec.driver,
    spec.pool.name,
    age(metadata.creationTimestamp, now),
  ],
};
