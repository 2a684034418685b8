import { mkdir } from 'node:fs/promises';
import { type Runnable, runAll, systemClock, typernetesVersion, version } from '@typernetes/base';
import { eventRecorder, httpTransport, inClusterOptions, restClient, sharedInformers } from '@typernetes/client';
import { driverName, linuxBinder, nodePlugin, provisioner } from '@typernetes/local-storage';
import { programFlags, runProgram, startComponent } from '@typernetes/process';

const flags = {
  ...programFlags,
  'node-name': { type: 'string', help: 'Name of the node this runs on (default: $NODE_NAME)' },
  'base-dir': {
    type: 'string',
    default: '/var/lib/typernetes/local-storage',
    help: 'Where volumes are directories, here and on the host alike',
  },
  'kubelet-dir': { type: 'string', default: '/var/lib/kubelet', help: "The kubelet's directory, here and on the host" },
  v: { type: 'number', short: 'v', default: 0, help: 'Log verbosity' },
} as const;

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'local-storage', async (args, signal) => {
  const started = startComponent(process, { name: 'local-storage', specs: flags, version, clock: systemClock }, args);
  if (!started) return;
  const { flags: given, log } = started;
  const nodeName = given['node-name'] ?? process.env.NODE_NAME;
  if (!nodeName) throw new Error('--node-name or the environment variable NODE_NAME is required');
  const clock = systemClock;
  const client = restClient(httpTransport({ ...inClusterOptions(process.env), userAgent: 'local-storage' }));
  const informers = sharedInformers({ client, log });
  const recorder = eventRecorder({ client, component: driverName, host: nodeName, clock, log, signal });
  const [kubeletDir, baseDir] = [given['kubelet-dir'], given['base-dir']];
  const socketDir = `${kubeletDir}/plugins/${driverName}`;
  await mkdir(baseDir, { recursive: true });
  await mkdir(socketDir, { recursive: true, mode: 0o750 });
  const plugin = nodePlugin({
    nodeName,
    version: typernetesVersion,
    baseDir,
    socket: `${socketDir}/csi.sock`,
    kubeletSocket: `${socketDir}/csi.sock`,
    registrationSocket: `${kubeletDir}/plugins_registry/${driverName}-reg.sock`,
    binder: linuxBinder,
  });
  const loops = provisioner({ nodeName, baseDir, client, informers, recorder, clock, log });
  // A volume provisioned before its node has the topology label would be accessible from no node.
  const after = (part: Runnable): Runnable => ({
    name: part.name,
    run: async (scope) => {
      await Promise.race([plugin.registered, new Promise((settle) => scope.addEventListener('abort', settle))]);
      if (!scope.aborted) await part.run(scope);
    },
  });
  await runAll([informers, plugin, ...loops.map(after)], signal);
});
