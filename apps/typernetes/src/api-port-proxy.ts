/**
 * The process behind a cluster's port on the host's loopback: `api-port-proxy.ts --cluster=NAME [--listen=ADDRESS:PORT]
 * ADDRESS:PORT…`. It accepts connections on descriptor 3, an inherited socket of the host's network, and connects from
 * the fabric's network, where it runs. With `--listen` it also listens there: on the address that stands for all
 * control planes of the cluster.
 */

import { followHealth } from './backend-health.ts';
import { balancer, splitAddress } from './balancer.ts';

const args = process.argv.slice(2);
const listen = args.find((argument) => argument.startsWith('--listen='))?.slice('--listen='.length);
const balance = balancer(args.filter((argument) => !argument.startsWith('--')));

balance.listen({ fd: 3 });
if (listen !== undefined) balance.listen(splitAddress(listen));
// A single API server gets the connections whatever its health.
if (balance.backends.length > 1) followHealth(balance.backends);
