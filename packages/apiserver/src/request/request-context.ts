import type { UserInfo } from '../identity/user-info.ts';
import type { RequestInfo } from './request-info.ts';
import type { ServerRequest } from './server-request.ts';

/** A request on its way through the handlers. */
export interface RequestContext {
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly user: UserInfo;
  /** Texts for Warning headers, in order, each once. */
  readonly warnings: Set<string>;
  readonly auditId: string;
  /** The monotonic time until which it must be answered, in milliseconds; undefined: it may take as long as it likes. */
  readonly dueAt?: number | undefined;
  /** The time it has spent waiting for flow control and webhooks so far, in milliseconds, which is not the server's own work. */
  readonly outside?: { ms: number };
  /** Adds an audit annotation; the first value of a key is kept. Undefined when the request is not audited. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
  /** Tells the audit which object was sent: its event names it more exactly than the path. Undefined as above. */
  readonly audited?: ((metadata: SentMetadata) => void) | undefined;
}

/** What an object says of its identity. */
export interface SentMetadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}
