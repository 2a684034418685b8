import type { ApiObject, FieldProblem } from '@typernetes/machinery';
import type { UserInfo } from '../authentication/authenticator.ts';

/** What a strategy may look at besides the objects. */
export interface StrategyContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly featureEnabled: (gate: string) => boolean;
  /** Who writes. */
  readonly user: UserInfo;
  /** Adds a text to the Warning headers: of what is changed before anybody else sees it. */
  readonly warn: (text: string) => void;
}

/**
 * The per-resource policy that the generic store calls; a value, never a class hierarchy. `prepare…` may change `next` in place:
 * it belongs to the request. `current` is shared and never changed. Defaults were applied and the metadata that the server sets
 * (uid, creation time, namespace) was filled in before; ObjectMeta is checked by the generic store, generation is bumped by it
 * when anything outside metadata and status changes (unless `keepsGeneration`).
 */
export interface Strategy<T extends ApiObject = ApiObject> {
  /** What upstream's conversions make of a decoded object: before anybody sees it, and part of what its writer has said. */
  normalize?(next: T): void;
  prepareForCreate?(next: T, context: StrategyContext): void;
  prepareForUpdate?(next: T, current: T, context: StrategyContext): void;
  validate?(next: T, context: StrategyContext): FieldProblem[];
  validateUpdate?(next: T, current: T, context: StrategyContext): FieldProblem[];
  /** Texts for Warning headers. */
  warningsOnCreate?(next: T): Iterable<string>;
  warningsOnUpdate?(next: T, current: T): Iterable<string>;
  /** Checks names in a way of its own (default: DNS subdomain). Returns messages without the path. */
  validateName?(name: string, isPrefix: boolean): string[];
  /** Finalizers without a domain need not be Kubernetes' own: of kinds whose rules upstream keeps apart from those of the core. */
  readonly anyFinalizer?: boolean;
  /** PUT to a name that does not exist creates it (nodes' leases, events, endpoints, ...). */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion overwrites whatever is there, unless this is false: then it is refused. */
  readonly allowUnconditionalUpdate?: boolean;
  /** The resource has no generation: none on create, none on update. */
  readonly keepsGeneration?: boolean;
  /** Replaces the comparison that decides whether an update bumps the generation. */
  bumpsGeneration?(next: T, current: T): boolean;
  /** Fields that writers through this endpoint never own, as dotted paths: `status`, `metadata.labels`. */
  readonly resetFields?: readonly string[];
  /** Seconds of grace for a delete, given the requested ones; undefined deletes at once (everything but pods). */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined;
  /** Something besides metadata.finalizers keeps a deleted object around: spec.finalizers of namespaces. */
  outlivesDeletion?(object: T): boolean;
  /** Called with the object in which the deletion timestamp was just set, before it is stored. */
  markDeleted?(next: T): void;
  /** What happens to dependents when the caller does not say. Default: background. Whatever the caller says nothing, where there are never any. */
  readonly defaultPropagation?: 'Orphan' | 'Background' | 'Unsupported';
}
