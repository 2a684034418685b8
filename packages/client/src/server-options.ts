import type { HttpTransportOptions } from './http-transport.ts';
import { inClusterOptions } from './in-cluster.ts';
import { resolveContext } from './kubeconfig.ts';
import { loadKubeconfig, transportOptions } from './kubeconfig-file.ts';

/** The API server of a component's flags `--kubeconfig` and `--master`; without either that of the pod which the component runs in. */
export function serverOptions(
  { kubeconfig, master }: { readonly kubeconfig: string; readonly master: string },
  environment: Readonly<Record<string, string | undefined>>,
): HttpTransportOptions {
  if (kubeconfig === '' && master === '') return inClusterOptions(environment);
  if (kubeconfig === '') return { server: master };
  return transportOptions(resolveContext(loadKubeconfig(kubeconfig), master ? { server: master } : {}));
}
