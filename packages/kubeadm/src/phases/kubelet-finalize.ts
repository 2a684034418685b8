import { formatKubeconfig, parseKubeconfig } from '@typernetes/client';
import type { InitContext } from '../init-context.ts';
import { kubeletService } from '../kubelet/service.ts';
import { logStep } from '../log-lines.ts';
import { kubeletClientCertificate, kubeletKubeconfig } from '../paths.ts';
import type { Phase } from '../phase.ts';

/** Once the kubelet rotates its certificate, its kubeconfig refers to the rotated file instead of embedding the first certificate. */
export const kubeletFinalizePhase: Phase<InitContext> = {
  name: 'kubelet-finalize',
  short: 'Updates settings relevant to the kubelet after TLS bootstrap',
  help: {
    whole: 'Run all kubelet-finalize phases',
    examples: [
      {
        what: 'Finish what the kubelet is told once it has its certificate',
        line: 'init phase kubelet-finalize all --config config.yaml',
      },
    ],
  },
  phases: [
    {
      name: 'enable-client-cert-rotation',
      short: 'Enable kubelet client certificate rotation',
      async run({ config, host, output }) {
        if (config.kubelet.rotateCertificates === false) return;
        if (!(await host.files.exists(kubeletClientCertificate))) return;
        const found = `found "${kubeletClientCertificate}"`;
        const assumed = `[kubelet-finalize] Assuming that kubelet client certificate rotation is enabled: ${found}`;
        logStep(output, 'kubeletfinalize.go:123', assumed);
        const text = await host.files.read(kubeletKubeconfig);
        if (text === undefined) return;
        output.out(
          `[kubelet-finalize] Updating "${kubeletKubeconfig}" to point to a rotatable kubelet client certificate and key\n`,
        );
        const kubeconfig = parseKubeconfig(text);
        const rotated = {
          'client-certificate': kubeletClientCertificate,
          'client-key': kubeletClientCertificate,
        };
        const users = Object.fromEntries(Object.keys(kubeconfig.users).map((name) => [name, rotated]));
        await host.files.write(kubeletKubeconfig, formatKubeconfig({ ...kubeconfig, users }), { mode: 0o600 });
        const restarting = '[kubelet-finalize] Restarting the kubelet to enable client certificate rotation';
        logStep(output, 'kubeletfinalize.go:177', restarting);
        await (await kubeletService(host)).start();
      },
    },
  ],
};
