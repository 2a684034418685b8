import type { Clock } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';
import { elapsedText, poll } from '../cluster/poll.ts';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';
import { kubeletHealthUrl } from '../paths.ts';
import { kubeletService } from './service.ts';

/** Waits until the kubelet is healthy. The error describes the likely cause as far as it can be seen from here. */
export async function waitForKubelet(
  deps: { host: Host; output: Output; clock: Clock },
  options: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { host, output, clock } = deps;
  const { timeoutMs, signal } = options;
  output.out(
    `[kubelet-check] Waiting for a healthy kubelet at ${kubeletHealthUrl}. This can take up to ${formatDuration(timeoutMs)}\n`,
  );
  const start = clock.monotonic();
  try {
    await poll(
      async () => {
        const { status, body } = await host.network.get(kubeletHealthUrl, { timeoutMs: 5000, signal });
        if (status !== 200) throw new Error(`the kubelet answers ${status}: ${body.trim()}`);
        return true;
      },
      { clock, timeoutMs, signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    output.out(`[kubelet-check] The kubelet is not healthy after ${elapsedText(clock.monotonic() - start)}\n`);
    await showKubeletTroubles({ host, output });
    throw new Error(
      `failed while waiting for the kubelet to start: The HTTP call equal to 'curl -sSL ${kubeletHealthUrl}' returned error`,
      { cause: error },
    );
  }
  output.out(`[kubelet-check] The kubelet is healthy after ${elapsedText(clock.monotonic() - start)}\n`);
}

/** Possible causes, commands to investigate, and the end of the kubelet's log. */
export async function showKubeletTroubles({ host, output }: { host: Host; output: Output }): Promise<void> {
  const service = await kubeletService(host);
  const lines = await service.lastLogLines(10);
  const said = lines.length > 0 ? `\nThe kubelet's last words:\n${lines.map((line) => `\t${line}\n`).join('')}` : '';
  output.err(`\n${kubeletTroubles(service.kind)}${said}\n`);
}

function kubeletTroubles(kind: 'systemd' | 'sysv'): string {
  const hints =
    kind === 'systemd'
      ? "If you are on a systemd-powered system, you can try to troubleshoot the error with the following commands:\n\t- 'systemctl status kubelet'\n\t- 'journalctl -xeu kubelet'\n"
      : "You can try to troubleshoot the error with the following commands:\n\t- '/etc/init.d/kubelet status'\n\t- 'tail /var/log/kubelet.log'\n";
  return `Unfortunately, an error has occurred, likely caused by:\n\t- The kubelet is not running\n\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)\n\n${hints}`;
}
