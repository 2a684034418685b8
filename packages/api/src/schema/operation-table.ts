import { operationTable } from './operations.gen.ts';
import type { ResourceFact } from './resource-table.ts';

/** One operation of a resource, as OpenAPI documents list it. */
export interface OperationFact {
  /** HTTP method, path, action, operationId. */
  readonly m: string;
  readonly p: string;
  readonly a?: string;
  readonly id: string;
  /** The set of query parameters, by number. */
  readonly q: number;
  readonly c: readonly string[];
  /** `apps/v1/Deployment` */
  readonly gvk?: string;
  /** Definition names of the body and of the response. */
  readonly body?: string;
  readonly r?: string;
}

interface OperationTable {
  readonly queryParamSets: Readonly<Record<string, readonly string[]>>;
  /** By `group/version/plural`. */
  readonly operations: Readonly<Record<string, readonly OperationFact[]>>;
}

let table: OperationTable | undefined;

function operationFacts(): OperationTable {
  table ??= JSON.parse(operationTable) as OperationTable;
  return table;
}

/** All operations on a resource and its subresources. */
export function operationsOf(of: Pick<ResourceFact, 'group' | 'version' | 'plural'>): readonly OperationFact[] {
  return operationFacts().operations[`${of.group}/${of.version}/${of.plural}`] ?? [];
}

/** The names of the query parameters that an operation takes. */
export function queryParametersOf(operation: OperationFact): readonly string[] {
  return operationFacts().queryParamSets[operation.q] ?? [];
}
