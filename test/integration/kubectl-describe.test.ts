import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobs } from '@typernetes/api/batch/v1';
import { pods } from '@typernetes/api/core/v1';
import { createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';
import { startControlPlane } from 'typernetes';
import { eventually } from './api.ts';
import { assertSame, bothKubectls, withoutAges } from './kubectl-beside-upstream.ts';

const objects = join(import.meta.dirname, 'describe', 'objects.yaml');

test('every kind is described as upstream describes it', async () => {
  await using plane = await startControlPlane({ nodes: 2 });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const applied = await both.upstream('apply', '--server-side', '-f', objects);
  assert.equal(applied.code, 0, applied.err);
  const request = await createSigningRequest(privateKeyPem(await newPrivateKey()), {
    commonName: 'jane',
    organizations: ['one', 'two'],
    dnsNames: ['a.example', 'b.example'],
    ipAddresses: ['192.0.2.1', '2001:db8::1'],
  });
  const manifest = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 86_400,
    },
  };
  using typing = bothKubectls({ KUBECONFIG: plane.kubeconfigFile }, { input: JSON.stringify(manifest) });
  assert.equal((await typing.upstream('apply', '--server-side', '-f', '-')).code, 0);
  await settled(plane);
  const namespaced =
    'deployments,statefulsets,daemonsets,replicationcontrollers,replicasets,jobs,cronjobs,hpa,pdb,services,ingresses,networkpolicies,pvc,quota,limits,serviceaccounts,roles,rolebindings,endpoints,endpointslices,controllerrevisions,leases,secrets,configmaps';
  const clusterScoped =
    'ingressclasses,storageclasses,volumeattributesclasses,csinodes,pv,priorityclasses,crd,namespaces,clusterrolebindings,csr,servicecidrs,ipaddresses,clusterroles';
  for (const line of [
    `describe -n shop ${namespaced}`,
    `describe ${clusterScoped}`,
    'describe nodes',
    'describe pods -A',
    'describe pods -A --show-events=false',
    'describe pod we -n shop',
    'describe pods -l app=web -n shop',
    'describe pods -l app=nothing -A',
    'describe pod/lone configmap/settings -n shop',
    'describe pod nothing -n shop',
    'describe pods lone nothing -n shop',
    'describe pod/lone -A',
    'describe nothing',
    'describe',
    `describe --show-events=false -f ${objects}`,
  ]) {
    await assertSame(both, line, (text) => withoutAges(text).replace(renewal, '$1 RENEWED'));
  }
});

/** A node's lease may be renewed, and its status told anew, between one kubectl and the other. */
const renewal = /^( *(?:RenewTime:|\w+Pressure \w+|Ready \w+)) \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000/gm;

/** Until the hollow nodes have brought every pod as far as it comes. */
async function settled({ client }: Awaited<ReturnType<typeof startControlPlane>>): Promise<void> {
  await eventually(async () => {
    const { items } = await client.resource(pods).list({ namespace: 'shop' });
    const job = await client.resource(jobs).get({ namespace: 'shop', name: 'once' });
    const running = items.filter(({ status }) => status?.phase === 'Running');
    // The one on its own and the replication controller's; the others ask for nodes or volumes that are not there.
    return (job.status?.succeeded === 2 && running.length === 2) || undefined;
  });
}
