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

/** What the parts of a configured server are made from. */
export interface PartContext {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly accountKeys: ServiceAccountKeys;
  readonly inside: ServerInside;
  /** Views of the server's own caches. */
  readonly informers: Informers;
  /** As the server itself. */
  readonly client: Pick<ApiClient, 'resource'>;
  /** Where hooks and aggregated API servers behind Services are. */
  readonly resolve: ResolveService;
  /** The ways that connections take; all by TCP without it. */
  readonly egress: Egress | undefined;
  /** Says in spans what is done; nothing is said without it. */
  readonly tracer: Pick<Tracer, 'span' | 'headers'> | undefined;
  readonly authorizers: readonly AuthorizerChoice[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whether roles and bindings say who may do what. */
export const usesRbac = ({ authorizers }: Pick<PartContext, 'authorizers'>): boolean =>
  authorizers.some(({ type }) => type === 'RBAC');
