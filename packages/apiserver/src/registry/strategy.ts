import type { ApiObject, FieldProblem } from '@typernetes/machinery';
import type { UserInfo } from '../identity/user-info.ts';

/** The inputs of a strategy besides the objects. */
export interface StrategyContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly featureEnabled: (gate: string) => boolean;
  /** The user of the request. */
  readonly user: UserInfo;
  /** Adds a Warning header, about values that the strategy changes. */
  readonly warn: (text: string) => void;
}

/**
 * The per-resource policy that the generic store calls; a value, never a class hierarchy. `prepare…` may change `next` in place:
 * it belongs to the request. `current` is shared and never changed. Defaults were applied and the metadata that the server sets
 * (uid, creation time, namespace) was filled in before; ObjectMeta is checked by the generic store, generation is bumped by it
 * when anything outside metadata and status changes (unless `keepsGeneration`).
 */
export interface Strategy<T extends ApiObject = ApiObject> {
  /** Applies what upstream's conversions do to a decoded object. The writer owns the changed fields. */
  normalize?(next: T): void;
  prepareForCreate?(next: T, context: StrategyContext): void;
  prepareForUpdate?(next: T, current: T, context: StrategyContext): void;
  validate?(next: T, context: StrategyContext): FieldProblem[];
  validateUpdate?(next: T, current: T, context: StrategyContext): FieldProblem[];
  /** Texts for Warning headers. */
  warningsOnCreate?(next: T): Iterable<string>;
  warningsOnUpdate?(next: T, current: T): Iterable<string>;
  /** Validates names (default: DNS subdomain). Returns messages without the path. */
  validateName?(name: string, isPrefix: boolean): string[];
  /** Allows finalizers without a domain other than Kubernetes' own, as upstream does for some kinds. */
  readonly anyFinalizer?: boolean;
  /** PUT to a name that does not exist creates it (nodes' leases, events, endpoints, ...). */
  readonly allowCreateOnUpdate?: boolean;
  /** False: PUT without a resourceVersion is refused. Otherwise it overwrites the object. */
  readonly allowUnconditionalUpdate?: boolean;
  /** The resource has no generation: none on create, none on update. */
  readonly keepsGeneration?: boolean;
  /** Replaces the comparison that decides whether an update bumps the generation. */
  bumpsGeneration?(next: T, current: T): boolean;
  /** Fields that writers of this endpoint never own, as dotted paths: `status`, `metadata.labels`. */
  readonly resetFields?: readonly string[];
  /** The grace period of a delete in seconds, given the requested one; undefined deletes at once (everything but pods). */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined;
  /** Whether something besides metadata.finalizers keeps a deleted object: spec.finalizers of namespaces. */
  outlivesDeletion?(object: T): boolean;
  /** Called when the deletion timestamp was set, before the object is stored. */
  markDeleted?(next: T): void;
  /** The default propagation policy; default: background. `Unsupported`: the resource has no dependents, and a requested policy is ignored. */
  readonly defaultPropagation?: 'Orphan' | 'Background' | 'Unsupported';
}
