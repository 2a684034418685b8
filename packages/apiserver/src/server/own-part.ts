import { systemRandom } from '@typernetes/base';
import type { Verbosity } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import { componentRoute, profileRoute } from '../handlers/component-routes.ts';
import { debugFlagsRoute, logsRoute } from '../handlers/debug-routes.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import { emulatedVersion } from '../options/effective-version.ts';
import { bindingsAnswer } from '../registry-handlers/binding-handler.ts';
import { subresourceHandlers } from '../registry-handlers/subresource-handlers.ts';
import { componentStatuses, defaultProbes } from './component-statuses.ts';
import { issuerPaths, issuerRoutes } from './issuer-routes.ts';
import type { PartContext } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';
import type { Security } from './security.ts';

/** The resources, subresources and paths that are served without being stored: bindings, logs, status pages, profiles. */
export function ownPart(
  context: PartContext,
  {
    security,
    stores,
    verbosity,
  }: { readonly security: Security; readonly stores: readonly Store[]; readonly verbosity: Verbosity | undefined },
): Partial<ApiServerParts> {
  const { config, material, accountKeys, inside, egress, clock } = context;
  const { router, metrics } = inside;
  return {
    answers: new Map([
      ['componentstatuses', componentStatuses(defaultProbes(stores))],
      ['bindings', bindingsAnswer(router)],
    ]),
    subresources: subresourceHandlers({
      config,
      material,
      accountKeys,
      bound: security.bound,
      clock,
      random: systemRandom,
      router,
      metrics,
      dial: egress?.dial('cluster'),
    }),
    routes: [
      componentRoute({
        name: 'kube-apiserver',
        flags: config.flags,
        emulated: emulatedVersion(config.versions),
        clock,
      }),
      ...issuerRoutes({ config, accountKeys }),
      ...(verbosity && config.profiling ? [debugFlagsRoute(verbosity)] : []),
      ...(config.profiling ? [profileRoute(clock)] : []),
      ...(config.servesLogs ? [logsRoute()] : []),
    ],
  };
}

/** The paths of this part that the index lists. */
export function ownPaths(config: CompletedConfig, verbosity: Verbosity | undefined): readonly string[] {
  return [
    ...issuerPaths(config),
    ...(verbosity && config.profiling ? ['/debug/flags', '/debug/flags/v'] : []),
    ...(config.servesLogs ? ['/logs'] : []),
  ];
}
