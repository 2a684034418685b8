import type { Pod } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import { encodeYaml } from '@typernetes/process';
import { CertificateStore } from '../certs/certificate-store.ts';
import type { InitConfig } from '../config/internal.ts';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
import { apiServerPod } from '../manifests/api-server.ts';
import { controllerManagerPod } from '../manifests/controller-manager.ts';
import { withProxies } from '../manifests/proxy-environment.ts';
import { schedulerPod } from '../manifests/scheduler.ts';
import { manifestsFolder } from '../paths.ts';
import type { Phase } from '../phase.ts';

/** Whether the CA is external: its certificate is on this machine, its key is not. */
async function hasExternalCa({ config, host }: Pick<InitContext, 'config' | 'host'>): Promise<boolean> {
  const store = new CertificateStore(config.cluster.certificatesDir, host.files);
  return (await store.hasCertificate('ca')) && !(await store.hasKey('ca'));
}

export const controlPlaneComponents: readonly {
  readonly name: string;
  readonly component: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler';
  readonly pod: (config: InitConfig, options: { externalCa: boolean }) => Draft<Pod>;
}[] = [
  { name: 'apiserver', component: 'kube-apiserver', pod: apiServerPod },
  { name: 'controller-manager', component: 'kube-controller-manager', pod: controllerManagerPod },
  { name: 'scheduler', component: 'kube-scheduler', pod: schedulerPod },
];

/** The static pod of a component on this machine, with the user's patches. */
export async function componentPod(
  { component, pod }: (typeof controlPlaneComponents)[number],
  context: Pick<InitContext, 'config' | 'host' | 'patches'>,
): Promise<Draft<Pod>> {
  const made = pod(context.config, { externalCa: await hasExternalCa(context) });
  return context.patches.apply(component, withProxies(made, context.host.machine.proxies));
}

/** Writes the manifests; the kubelet starts the components as soon as it sees them. */
export const controlPlanePhase: Phase<InitContext> = {
  name: 'control-plane',
  short: 'Generate all static Pod manifest files necessary to establish the control plane',
  help: {
    onlyParts: true,
    whole: 'Generate all static Pod manifest files',
    examples: [
      { what: 'The manifests that init would write', line: 'init phase control-plane all' },
      {
        what: 'The same for a cluster that a file describes',
        line: 'init phase control-plane all --config config.yaml',
      },
    ],
  },
  async run({ output }) {
    output.out(`[control-plane] Using manifest folder "${manifestsFolder}"\n`);
  },
  phases: controlPlaneComponents.map((each) => ({
    name: each.name,
    short: `Generates the ${each.component} static Pod manifest`,
    async run(context) {
      const { host, output } = context;
      output.out(`[control-plane] Creating static Pod manifest for "${each.component}"\n`);
      logStep(output, 'manifests.go:103', '[control-plane] getting StaticPodSpecs');
      const pod = await componentPod(each, context);
      for (const { name } of pod.spec?.volumes ?? [])
        logStep(
          output,
          'manifests.go:129',
          `[control-plane] adding volume "${name}" for component "${each.component}"`,
        );
      const file = `${manifestsFolder}/${each.component}.yaml`;
      await host.files.write(file, encodeYaml(pod), { mode: 0o600 });
      const wrote = `[control-plane] wrote static Pod manifest for component "${each.component}" to "${file}"`;
      logStep(output, 'manifests.go:158', wrote);
    },
  })),
};
