import type { Case } from './case.ts';
import type { Comparison } from './comparison.ts';
import { access } from './work/access.ts';
import { admission } from './work/admission.ts';
import { aggregation } from './work/aggregation.ts';
import { audit } from './work/audit.ts';
import { conversions } from './work/conversions.ts';
import { definitions } from './work/definitions.ts';
import { deletions } from './work/deletions.ts';
import { documentsOf } from './work/documents.ts';
import { flows } from './work/flows.ts';
import { invalid } from './work/invalid.ts';
import { lists } from './work/lists.ts';
import { parts } from './work/parts.ts';
import { protobuf } from './work/protobuf.ts';
import { requests } from './work/requests.ts';
import { reviews } from './work/reviews.ts';
import { tables } from './work/tables.ts';
import { watches } from './work/watches.ts';
import { writes } from './work/writes.ts';

export type Work = (compare: Comparison, one: Case) => Promise<void>;

export const works: Readonly<Record<string, Work>> = {
  writes,
  tables,
  lists,
  requests,
  access,
  reviews,
  admission,
  definitions,
  conversions,
  aggregation,
  parts,
  invalid,
  protobuf,
  deletions,
  watches,
  audit,
  flows,
  documents: documentsOf,
};
