import { runAll, systemClock, version } from '@typernetes/base';
import { httpTransport, inClusterOptions, restClient, sharedInformers } from '@typernetes/client';
import { linuxHost, NetworkAgent, PolicyAgent } from '@typernetes/network';
import { parseFlags, runProgram, startComponent } from '@typernetes/process';
import { argumentsIn } from './config-dir.ts';
import { flags, networkSettings, problems } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'network', async (args, signal) => {
  const directory = parseFlags(flags, args).flags['config-dir'];
  const all = directory === '' ? args : [...argumentsIn(directory), ...args];
  const component = { name: 'network', specs: flags, version, clock: systemClock, problems };
  const started = startComponent(process, component, all);
  if (!started) return;
  const { flags: given, log } = started;
  const nodeName = given['node-name'] ?? process.env.NODE_NAME;
  if (!nodeName) throw new Error('--node-name or the environment variable NODE_NAME is required');
  const client = restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'network' }));
  const informers = sharedInformers({ client, log });
  const resyncMs = given['sync-period'];
  const agent = new NetworkAgent(
    { nodeName, configPath: given['config-file'], resyncMs, settings: networkSettings(given) },
    { informers, host: linuxHost, clock: systemClock, log },
  );
  const policies = new PolicyAgent({ nodeName, resyncMs }, { informers, host: linuxHost, clock: systemClock, log });
  await runAll([agent, policies, informers], signal);
});
