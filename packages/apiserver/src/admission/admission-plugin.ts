import type { ApiObject, ResourceType } from '@typernetes/machinery';
import type { UserInfo } from '../authentication/authenticator.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write on its way in. */
export interface AdmissionRequest {
  readonly operation: AdmissionOperation;
  readonly resource: ResourceType<unknown>;
  /** "" for the object itself. */
  readonly subresource: string;
  readonly name: string;
  readonly namespace: string;
  readonly user: UserInfo;
  /** The new state: owned by this request, so `admit` changes it in place. Undefined for DELETE. */
  readonly object: ApiObject | undefined;
  /** The stored state for UPDATE and DELETE: shared, never mutated. */
  readonly oldObject: ApiObject | undefined;
  /** CreateOptions, UpdateOptions, PatchOptions or DeleteOptions; for CONNECT the options of the subresource. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the object is when it is not one of the resource's: a Binding, an Eviction, the options of an exec. */
  readonly objectType?: { readonly group: string; readonly version: string; readonly kind: string };
  /** What a custom resource does not declare is dropped, and what it declares filled in. In place; absent for what is built in. */
  reread?(changed: ApiObject): void;
  readonly dryRun: boolean;
  /** Somebody else was waited for, in milliseconds: that is not the server's own time. */
  waitedOutside?(ms: number): void;
  /** Adds a Warning header to the response. */
  warn(message: string): void;
  /** Adds to what the audit log says of the request; the key is a name of the plugin's domain. */
  annotate?(key: string, value: string): void;
  readonly signal: AbortSignal;
}

/** What is done to which resource: most plugins ask for no more to know that a write is not theirs. */
export type WriteKind = Pick<AdmissionRequest, 'operation' | 'resource' | 'subresource'>;

/** Mutating plugins run first, in the order of the default list, then validating ones. Refusal is a thrown StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Whether it has anything to do with writes of a kind; asked once for each kind. Absent: with all. */
  concerns?(kind: WriteKind): boolean;
  /** Whether it wants to see this one of those that concern it. Absent: all of them. */
  handles?(request: AdmissionRequest): boolean;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
