import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { IpFamily } from '@typernetes/base';
import type { UdpFlows } from '../services/udp-flows.ts';

const run = promisify(execFile);

/** Deletes the kernel's entries of UDP flows that would still go to their old destination, by the program conntrack. */
export async function forgetUdpFlows(family: IpFamily, { ip, port, backend }: UdpFlows): Promise<void> {
  const chosen = [
    ...(ip === undefined ? [] : ['--orig-dst', ip]),
    ...['--orig-port-dst', String(port)],
    ...(backend === undefined ? [] : ['--reply-src', backend]),
  ];
  try {
    await run('conntrack', ['-D', '-f', family.toLowerCase(), '-p', 'udp', ...chosen]);
  } catch (error) {
    // The program exits with 1 when no flow matched; that is fine.
    if (!(error instanceof Error && 'code' in error && error.code === 1)) throw error;
  }
}
