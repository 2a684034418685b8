import type { DecodedDocuments } from './decoded-documents.ts';

type Fields = Record<string, unknown>;

/** Converts v1beta3 to v1beta4: arguments become lists, and the two timeouts move into `timeouts`. */
export function convertV1beta3(kind: string, value: Readonly<Fields>): DecodedDocuments {
  const next: Fields = { ...value };
  const warnings = [
    `your configuration file uses a deprecated API spec: "kubeadm.k8s.io/v1beta3" (kind: "${kind}"). Please use 'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.`,
  ];
  let controlPlaneTimeout: string | undefined;
  if (kind === 'ClusterConfiguration') {
    for (const component of ['apiServer', 'controllerManager', 'scheduler']) {
      if (next[component]) next[component] = withArgumentList(next[component] as Fields);
    }
    if (next.apiServer) {
      const { timeoutForControlPlane, ...apiServer } = next.apiServer as Fields;
      next.apiServer = apiServer;
      if (typeof timeoutForControlPlane === 'string') controlPlaneTimeout = timeoutForControlPlane;
    }
    const etcd = next.etcd as { local?: Fields } | undefined;
    if (etcd?.local) next.etcd = { ...etcd, local: withArgumentList(etcd.local) };
  }
  if (next.nodeRegistration) {
    const { kubeletExtraArgs, ...registration } = next.nodeRegistration as Fields;
    next.nodeRegistration = kubeletExtraArgs
      ? { ...registration, kubeletExtraArgs: argumentList(kubeletExtraArgs as Record<string, string>) }
      : registration;
  }
  if (kind === 'JoinConfiguration' && next.discovery) {
    const { timeout, ...discovery } = next.discovery as Fields;
    next.discovery = discovery;
    if (timeout !== undefined) next.timeouts = { discovery: timeout };
  }
  return {
    documents: [{ kind, value: next }],
    warnings,
    ...(controlPlaneTimeout === undefined ? {} : { controlPlaneTimeout }),
  };
}

function withArgumentList(component: Fields): Fields {
  const { extraArgs, ...rest } = component;
  return extraArgs ? { ...rest, extraArgs: argumentList(extraArgs as Record<string, string>) } : rest;
}

/** `{a: x}` to `[{name: a, value: x}]`, sorted by name so that manifests do not depend on the order of a map. */
export function argumentList(args: Readonly<Record<string, unknown>>): { name: string; value: string }[] {
  return Object.entries(args)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value: String(value ?? '') }));
}
