import type { AuthInfo } from '@typernetes/api/clientcmd/v1';
import type { Clock } from '@typernetes/base';
import type { Files, Network } from '../host.ts';
import type { Output } from '../output.ts';

/** What discovery finds out about a cluster. */
export interface DiscoveredCluster {
  /** `https://host:port` */
  readonly server: string;
  /** PEM. */
  readonly caCertificate: string;
  /** Credentials from the discovery file. */
  readonly user?: AuthInfo;
}

export interface DiscoveryDeps {
  readonly network: Pick<Network, 'get'>;
  readonly files: Pick<Files, 'read'>;
  readonly clock: Clock;
  readonly output: Output;
}
