import type { Representation } from '../request/negotiation.ts';
import type { IncludeObject } from './table.ts';

/** Everything that decides how objects are written to this client. */
export interface OutputOptions {
  readonly representation: Representation;
  readonly includeObject: IncludeObject;
  readonly pretty: boolean;
  readonly now: number;
}
