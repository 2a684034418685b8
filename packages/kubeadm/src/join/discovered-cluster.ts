import type { AuthInfo } from '@typernetes/api/clientcmd/v1';
import type { Clock } from '@typernetes/base';
import type { Files, Network } from '../host.ts';

/** What a joining machine has to know of a cluster before it trusts it. */
export interface DiscoveredCluster {
  /** `https://host:port` */
  readonly server: string;
  /** PEM. */
  readonly caCertificate: string;
  /** Credentials that came with the file that names the cluster. */
  readonly user?: AuthInfo;
}

export interface DiscoveryDeps {
  readonly network: Pick<Network, 'get'>;
  readonly files: Pick<Files, 'read'>;
  readonly clock: Clock;
}
