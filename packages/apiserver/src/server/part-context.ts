import type { Clock, Logger } from '@typernetes/base';
import type { ApiClient, Informers } from '@typernetes/client';
import type { Tracer } from '@typernetes/process/tracing';
import type { ResolveService } from '../admission/webhook/caller.ts';
import type { ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import type { Egress } from '../egress/egress.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ApiServerMaterial } from '../options/material.ts';
import type { ServerInside } from './api-server.ts';

/** The inputs of the parts of a configured server (`*-part.ts`). */
export interface PartContext {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly accountKeys: ServiceAccountKeys;
  readonly inside: ServerInside;
  /** Views of the server's own caches. */
  readonly informers: Informers;
  /** A client with the identity of the server itself. */
  readonly client: Pick<ApiClient, 'resource'>;
  /** Finds the address of a Service for webhooks and aggregated API servers. */
  readonly resolve: ResolveService;
  /** The proxies of outgoing connections; undefined: direct connections. */
  readonly egress: Egress | undefined;
  /** Records spans; undefined: none. */
  readonly tracer: Pick<Tracer, 'span' | 'headers'> | undefined;
  readonly authorizers: readonly AuthorizerChoice[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whether RBAC is among the authorizers. */
export const usesRbac = ({ authorizers }: Pick<PartContext, 'authorizers'>): boolean =>
  authorizers.some(({ type }) => type === 'RBAC');
