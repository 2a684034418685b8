import { configmaps, secrets } from '@typernetes/api/core/v1';
import { formatKubeconfig } from '@typernetes/client';
import { CertificateStore } from '../certs/certificate-store.ts';
import { clientOf } from '../cluster/admin-client.ts';
import { tokenSecret } from '../cluster/bootstrap-token-secret.ts';
import { ensure } from '../cluster/ensure.ts';
import { bootstrappersGroup, grantInCluster, grantInNamespace, group, nodesGroup, user } from '../cluster/rbac.ts';
import { controlPlaneAddress } from '../endpoint.ts';
import type { InitContext } from '../init-context.ts';
import { logStep } from '../log-lines.ts';
import type { Phase } from '../phase.ts';

const bootstrappers = [group(bootstrappersGroup)];
const clientCsrs = 'system:certificates.k8s.io:certificatesigningrequests';

/** A permission of bootstrap token holders, with its line of output. */
const grants: readonly { says: string; grant: Parameters<typeof grantInCluster>[1] }[] = [
  {
    says: 'allow Node Bootstrap tokens to get nodes',
    grant: {
      name: 'kubeadm:get-nodes',
      role: 'kubeadm:get-nodes',
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
      subjects: bootstrappers,
    },
  },
  {
    says: 'allow Node Bootstrap tokens to post CSRs in order for nodes to get long term certificate credentials',
    grant: { name: 'kubeadm:kubelet-bootstrap', role: 'system:node-bootstrapper', subjects: bootstrappers },
  },
  {
    says: 'allow the csrapprover controller automatically approve CSRs from a Node Bootstrap Token',
    grant: { name: 'kubeadm:node-autoapprove-bootstrap', role: `${clientCsrs}:nodeclient`, subjects: bootstrappers },
  },
  {
    says: 'allow certificate rotation for all node client certificates in the cluster',
    grant: {
      name: 'kubeadm:node-autoapprove-certificate-rotation',
      role: `${clientCsrs}:selfnodeclient`,
      subjects: [group(nodesGroup)],
    },
  },
];

export const bootstrapTokenPhase: Phase<InitContext> = {
  name: 'bootstrap-token',
  short: 'Generates bootstrap tokens used to join a node to a cluster',
  help: {
    examples: [{ what: 'Make a token, and what tokens need, as init does', line: 'init phase bootstrap-token' }],
  },
  async run(context) {
    const { config, output, clock } = context;
    const client = await clientOf(context);
    for (const spec of config.bootstrapTokens) {
      if (!context.skipTokenPrint) output.out(`[bootstrap-token] Using token: ${spec.token}\n`);
    }
    output.out('[bootstrap-token] Configuring bootstrap tokens, cluster-info ConfigMap, RBAC Roles\n');
    for (const spec of config.bootstrapTokens) await ensure(client, secrets, tokenSecret(spec, clock.now()));
    await grantToBootstrappers(context);
    await publishClusterInfo(context);
  },
};

/** Grants joining machines the permissions that they need. */
export async function grantToBootstrappers(context: InitContext): Promise<void> {
  const client = await clientOf(context);
  for (const { says, grant } of grants) {
    context.output.out(`[bootstrap-token] Configured RBAC rules to ${says}\n`);
    await grantInCluster(client, grant);
  }
}

/**
 * Publishes the cluster's address and CA, readable without authentication. The bootstrap-signer controller adds a
 * signature for every token, which a joining machine verifies.
 */
async function publishClusterInfo(context: InitContext): Promise<void> {
  const { config, host, output } = context;
  output.out('[bootstrap-token] Creating the "cluster-info" ConfigMap in the "kube-public" namespace\n');
  logStep(output, 'clusterinfo.go:47', '[bootstrap-token] loading admin kubeconfig');
  const certificate = await new CertificateStore(config.cluster.certificatesDir, host.files).bundle('ca');
  const client = await clientOf(context);
  const kubeconfig = formatKubeconfig({
    currentContext: '',
    clusters: {
      '': {
        'certificate-authority-data': Buffer.from(certificate).toString('base64'),
        server: `https://${controlPlaneAddress(config)}`,
      },
    },
    users: {},
    contexts: {},
  });
  logStep(
    output,
    'clusterinfo.go:58',
    '[bootstrap-token] copying the cluster from admin.conf to the bootstrap kubeconfig',
  );
  const namespace = 'kube-public';
  logStep(output, 'clusterinfo.go:70', '[bootstrap-token] creating/updating ConfigMap in kube-public namespace');
  await ensure(client, configmaps, { metadata: { name: 'cluster-info', namespace }, data: { kubeconfig } });
  await letAnybodyReadClusterInfo(context);
}

export async function letAnybodyReadClusterInfo(context: InitContext): Promise<void> {
  const namespace = 'kube-public';
  logStep(
    context.output,
    'clusterinfo.go:84',
    'creating the RBAC rules for exposing the cluster-info ConfigMap in the kube-public namespace',
  );
  await grantInNamespace(await clientOf(context), {
    name: 'kubeadm:bootstrap-signer-clusterinfo',
    namespace,
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
    subjects: [user('system:anonymous')],
  });
}
