import type { Runnable } from '@typernetes/base';
import type { HealthCheck } from '@typernetes/process';
import type { AdmissionPlugin } from '../admission/admission-plugin.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { Impersonate } from '../authentication/impersonation.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { FlowControl } from '../flowcontrol/flow-control.ts';
import type { Authenticate, RequestObserver } from '../handlers/chain.ts';
import type { AnswerHandler, CallHandler } from '../handlers/resource-call.ts';
import type { SystemRoute } from '../handlers/system-routes.ts';
import type { Allocator } from '../registry/served-resource.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { Reply } from '../request/server-request.ts';
import type { StorageDependencies } from '../storage/resource-storage.ts';

/** The parts of an API server. Arrays are in the order they are called. */
export interface ApiServerParts {
  /** Without it, all requests but those from within the process are unauthorized. */
  readonly authenticate: Authenticate;
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  readonly admission: readonly AdmissionPlugin[];
  /** Handlers of resources that are not stored (reviews), by `plural.group`. */
  readonly answers: ReadonlyMap<string, AnswerHandler>;
  /** Subresources with handlers of their own, by `plural/subresource`. */
  readonly subresources: ReadonlyMap<string, CallHandler>;
  readonly routes: readonly SystemRoute[];
  /** Passes requests on to other API servers; returns undefined for those that this server serves itself. */
  readonly delegate: (context: RequestContext) => Promise<Reply> | undefined;
  readonly observers: readonly RequestObserver[];
  readonly auditor: Auditor;
  readonly flowControl: FlowControl;
  readonly allocators: StorageDependencies['allocators'];
  readonly health: readonly HealthCheck[];
  /** Run as long as the server does: informers of plugins, repair of allocators, bootstrap. */
  readonly background: readonly Runnable[];
}

/**
 * Where the router and the handler chain find the parts of a server. The parts use router and chain, so they are made
 * after them and fill these slots then.
 */
export class PartSlots {
  parts: Partial<ApiServerParts> = {};
  readonly admission: AdmissionPlugin[] = [];
  readonly answers = new Map<string, AnswerHandler>();
  readonly subresources = new Map<string, CallHandler>();
  readonly allocators: { services?: Allocator } = {};
  readonly authorizers: Authorizer[] = [];
  readonly observers: RequestObserver[] = [];
  readonly routes: SystemRoute[] = [];

  /** Adds the parts behind what is there; `commonRoutes` come before the routes of the parts. */
  fill(parts: Partial<ApiServerParts>, commonRoutes: (parts: Partial<ApiServerParts>) => readonly SystemRoute[]): void {
    this.parts = parts;
    this.authorizers.push(...(parts.authorizers ?? []));
    this.observers.push(...(parts.observers ?? []));
    this.admission.push(...(parts.admission ?? []));
    for (const [name, answer] of parts.answers ?? []) this.answers.set(name, answer);
    for (const [name, handle] of parts.subresources ?? []) this.subresources.set(name, handle);
    Object.assign(this.allocators, parts.allocators);
    this.routes.push(...commonRoutes(parts), ...(parts.routes ?? []));
  }
}
