export { type OperationFact, operationsOf, queryParametersOf } from './operation-table.ts';
export {
  defaultResources,
  type GroupFact,
  type ResourceFact,
  resourceFacts,
  type SubresourceFact,
} from './resource-table.ts';
export { schemaOfKind, schemaOfType } from './schemas.ts';
export { type FieldFact, flattenedFields, type TypeFact, typeFacts } from './type-table.ts';
