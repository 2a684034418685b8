import process from 'node:process';
import { version } from '@typernetes/base';
import { flagUsage, type ParsedFlags, parseFlags, runProgram } from '@typernetes/process';
import { configFlags, withFlags } from './config-flags.ts';
import { flags as specs } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kubelet', async (args, signal) => {
  const { flags: all, given } = parseFlags({ ...configFlags, ...specs }, args);
  const flags = all as ParsedFlags<typeof specs>;
  if (flags.help) {
    const about = 'The kubelet is the primary "node agent" that runs on each node.';
    process.stdout.write(`${about}\n\nUsage:\n  kubelet [flags]\n\nFlags:\n${flagUsage({ ...configFlags, ...specs })}`);
    return;
  }
  if (flags.version) {
    process.stdout.write(`Kubernetes ${version}\n`);
    return;
  }
  // kubeadm asks for the version before anything else: that does not have to wait for all the rest to be loaded.
  const { main } = await import('./run.ts');
  await main(flags, {
    withFlags: (file) => withFlags(file, all, given),
    signal,
    onPowerOff: (listener) => void process.once('SIGPWR', listener),
    pid: process.pid,
    stderr: process.stderr,
  });
});
