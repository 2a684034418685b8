import type { UserInfo } from '../authentication/authenticator.ts';
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
  /** How long it has waited for its turn and for webhooks so far, which is not the server's own time. */
  readonly outside?: { ms: number };
  /** Adds to what the audit log says of the request; the first value of a key stays. Missing: nothing is recorded of it. */
  readonly annotate?: ((key: string, value: string) => void) | undefined;
}
