import { runAll, systemClock, version } from '@typernetes/base';
import { httpTransport, inClusterOptions, restClient, sharedInformers } from '@typernetes/client';
import { linuxHost, NetworkAgent, PolicyAgent } from '@typernetes/network';
import { programFlags, runProgram, startComponent } from '@typernetes/process';

const flags = {
  ...programFlags,
  'node-name': { type: 'string', help: 'Name of the node this runs on (default: $NODE_NAME)' },
  'config-file': {
    type: 'string',
    default: '/etc/cni/net.d/10-typernetes.conflist',
    help: 'Where the container runtime looks for its network configuration',
  },
  'sync-period': {
    type: 'duration',
    default: 60_000,
    help: 'How often routes and rules are checked when nothing changes',
  },
  v: { type: 'number', short: 'v', default: 0, help: 'Log verbosity' },
} as const;

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'network', async (args, signal) => {
  const started = startComponent(process, { name: 'network', specs: flags, version, clock: systemClock }, args);
  if (!started) return;
  const { flags: given, log } = started;
  const nodeName = given['node-name'] ?? process.env.NODE_NAME;
  if (!nodeName) throw new Error('--node-name or the environment variable NODE_NAME is required');
  const client = restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'network' }));
  const informers = sharedInformers({ client, log });
  const agent = new NetworkAgent(
    { nodeName, configPath: given['config-file'], resyncMs: given['sync-period'] },
    { informers, host: linuxHost, clock: systemClock, log },
  );
  const policies = new PolicyAgent(
    { nodeName, resyncMs: given['sync-period'] },
    { informers, host: linuxHost, clock: systemClock, log },
  );
  await runAll([agent, policies, informers], signal);
});
