export {
  defaultResources,
  type GroupFact,
  type OperationFact,
  type ResourceFact,
  resourceFacts,
  type SubresourceFact,
} from './resource-table.ts';
export { schemaOfKind, schemaOfType } from './schemas.ts';
export { type FieldFact, flattenedFields, type TypeFact, typeFacts } from './type-table.ts';
