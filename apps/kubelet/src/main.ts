import process from 'node:process';
import { version } from '@typernetes/base';
import { type ParsedFlags, readComponentLine, runProgram } from '@typernetes/process';
import { accepted } from './accepted-flags.ts';
import { configFlags, withFlags } from './config-flags.ts';
import { flags as specs } from './flags.ts';

// No await at the top: the bundle is CommonJS, which starts faster.
void runProgram(process, 'kubelet', async (args, signal) => {
  const line = readComponentLine(
    {
      name: 'kubelet',
      specs: { ...configFlags, ...specs },
      accepted,
      version,
      print: (text) => process.stdout.write(text),
    },
    args,
  );
  if (!line) return;
  const { flags: all, given, warnings } = line;
  const flags = all as ParsedFlags<typeof specs>;
  // kubeadm asks for the version first, and should not have to wait for everything else to load.
  const { main } = await import('./run.ts');
  await main(flags, {
    withFlags: (file) => withFlags(file, all, given),
    warnings,
    signal,
    onPowerOff: (listener) => void process.once('SIGPWR', listener),
    pid: process.pid,
    stderr: process.stderr,
  });
})
  // Nothing that is still under way, such as a question to a container, keeps a kubelet that has ended.
  .then(() => process.exit());
