import { invalidValue, subdomainProblems, tooLong } from '@typernetes/machinery';
import { type Problems, required } from '../meta/field-checks.ts';

const maxBytes = 63;

/** Rules for the name of a CSI driver: a domain name in any case, short enough for a label. */
export function* driverNameProblems(name = '', at: string): Problems {
  // As upstream (ValidateCSIDriverName), an empty name is missing and no domain name either.
  yield* required(name, at);
  if (name.length > maxBytes) yield tooLong(at, maxBytes);
  for (const detail of subdomainProblems(name.toLowerCase())) yield invalidValue(at, name, detail);
}
