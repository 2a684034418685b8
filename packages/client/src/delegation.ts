import type { Clock, Logger } from '@typernetes/base';
import { type AnswerTimes, DelegatedAccess } from './delegated-access.ts';
import { clientFromKubeconfig, loadKubeconfig } from './kubeconfig-file.ts';
import type { ApiClient } from './resource-client.ts';

/** The flags `--authentication-kubeconfig` and `--authorization-kubeconfig`, and the identity that sends the reviews. */
export interface DelegationOptions {
  readonly authenticationKubeconfig?: string | undefined;
  readonly authorizationKubeconfig?: string | undefined;
  readonly cached?: AnswerTimes | undefined;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Access to a component's own paths, using the API servers in its flags; undefined without one for access reviews. The
 * files are read on first use.
 */
export function delegation(options: DelegationOptions): DelegatedAccess | undefined {
  const { authenticationKubeconfig: who, authorizationKubeconfig: may, cached, userAgent, clock, log } = options;
  if (!may) return undefined;
  const clientOf = (file: string): (() => ApiClient) => {
    let client: ApiClient | undefined;
    return () => {
      client ??= clientFromKubeconfig(loadKubeconfig(file), { userAgent });
      return client;
    };
  };
  return new DelegatedAccess({
    ...(who ? { authentication: clientOf(who) } : {}),
    authorization: clientOf(may),
    cached,
    clock,
    log,
  });
}
