import type { ApiObject, ResourceType, StructSchema } from '@typernetes/machinery';
import type { UserInfo } from '../identity/user-info.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** One write that is being admitted. */
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
  /** The type of the object when it is not that of the resource: a Binding, an Eviction, the options of an exec. */
  readonly objectType?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Prunes and defaults an object that a webhook has changed, in place. Absent for built-in resources. */
  reread?(changed: ApiObject): void;
  /** The fields of a custom resource, in the version of the request. */
  readonly customFields?: StructSchema | undefined;
  readonly dryRun: boolean;
  /** Reports time that was spent waiting for a webhook, in milliseconds: it is not the server's own work. */
  waitedOutside?(ms: number): void;
  /** Adds a Warning header to the response. */
  warn(message: string): void;
  /** Adds an audit annotation; the key has the plugin's domain. */
  annotate?(key: string, value: string): void;
  readonly signal: AbortSignal;
  /** The milliseconds that are left until the request must be answered; absent or infinite: it has all the time. */
  timeLeftMs?(): number;
}

/** The operation and resource of a write: enough for most plugins to know that they need not see it. */
export type WriteKind = Pick<AdmissionRequest, 'operation' | 'resource' | 'subresource'>;

/** Mutating plugins run first, in the order of the default list, then validating ones. A plugin refuses by throwing a StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Whether the plugin handles writes of a kind; called once per kind. Absent: all kinds. */
  concerns?(kind: WriteKind): boolean;
  /** Whether the plugin handles this write. Absent: it handles every one. */
  handles?(request: AdmissionRequest): boolean;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}
