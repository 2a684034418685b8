import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startControlPlane } from 'typernetes';
import { eventually } from '../eventually.ts';
import { assertSame, bothKubectls } from './kubectl-beside-upstream.ts';

/** Has descriptions and enumerations, which our own types lack. */
const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.sea.example}
spec:
  group: sea.example
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: A boat is what swims.
        properties:
          spec:
            type: object
            description: What the boat should be like, in a text that is so long that it does not fit into one line of a terminal, however you count its words and letters.
            required: [sail]
            properties:
              sail: {type: string, description: "Which sail.\\nIn two lines.", enum: [main, jib, "", spinnaker, none]}
              crew:
                type: array
                description: Who is on board.
                items: {type: object, description: One of them., properties: {name: {type: string}, age: {type: integer, format: int32}}}
              cargo:
                type: object
                additionalProperties: {type: object, properties: {weight: {x-kubernetes-int-or-string: true}}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              any: {x-kubernetes-preserve-unknown-fields: true, description: "Ends with blanks   \\n   "}
              list: {type: array, items: {x-kubernetes-int-or-string: true}}
              code: {type: string, description: "  Begins with blanks:\\nx\\n- a list\\n  * deeper\\n\\n    code  block\\n"}
`;

const lines = `
pods
pods --recursive
deploy.spec.template.spec --recursive
pods.spec.containers.resources
pods.nope
nosuch
pods --api-version=v2
sts --api-version=apps/v3
hpa --api-version=autoscaling/v1
crd.spec --recursive
deployments.apps.spec.replicas
deployments.v1.apps.spec.replicas
pods svc
pods -o foo
pods.spec.containers.ports.protocol
events --api-version=events.k8s.io/v1
pods -o plaintext-openapiv2
pods.spec -o plaintext-openapiv2 --recursive
pods.spec.overhead -o plaintext-openapiv2
pods.spec.containers.name -o plaintext-openapiv2
pods.nope -o plaintext-openapiv2
boats
boats.spec
boats.spec --recursive
boats.spec.sail
boats.spec.crew
boats.spec.cargo.weight
boats.spec -o plaintext-openapiv2
boats.spec.crew -o plaintext-openapiv2
boats.spec.any
boats.spec.any -o plaintext-openapiv2
boats.spec.any.x -o plaintext-openapiv2
boats.spec.list -o plaintext-openapiv2
boats.spec.free -o plaintext-openapiv2
boats.spec.code
boats.spec.code -o plaintext-openapiv2
boats.spec.code.deeper -o plaintext-openapiv2
boats.nope.code -o plaintext-openapiv2
boats.sea.example.spec
boats.sea.example.spec --api-version=sea.example/v1
boats.sea.example.spec --api-version=sea.example/v1 -o plaintext-openapiv2
boats.v1.sea.example -o plaintext-openapiv2
events.events.k8s.io
pods --api-version=x/y/z
pods --api-version=v2 -o plaintext-openapiv2
Pod.spec.containers.
`;

/** An API server that cannot be reached: its group is known nevertheless. */
const apiService = `apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.wardle.example.com}
spec:
  group: wardle.example.com
  version: v1
  groupPriorityMinimum: 900
  versionPriority: 15
  insecureSkipTLSVerify: true
  service: {namespace: default, name: wardle}
`;
const withoutServer = `
api-resources --api-group=wardle.example.com
api-resources -o name
api-versions
get flunders
get flunders.v1.wardle.example.com
explain flunders
get --raw=/apis
get --raw=/apis/wardle.example.com
get --raw=/apis/wardle.example.com/v1
get --raw=/apis/wardle.example.com/v1/flunders
`;

test("fields are explained as by upstream's kubectl", async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-explain-'));
  try {
    writeFileSync(join(folder, 'crd.yaml'), crd);
    writeFileSync(join(folder, 'api-service.yaml'), apiService);
    await both.ours('create', '-f', join(folder, 'crd.yaml'));
    await eventually(async () => {
      const { code } = await both.ours('explain', 'boats');
      if (code !== 0) throw new Error('not served yet');
    });
    for (const line of lines.trim().split('\n')) await assertSame(both, `explain ${line}`);
    await both.ours('create', '-f', join(folder, 'api-service.yaml'));
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const stale = { metadata: { name: 'wardle.example.com' }, versions: [{ version: 'v1', freshness: 'Stale' }] };
    await eventually(async () => {
      const { items } = await plane.client.json<{ items: object[] }>('GET', '/apis', undefined, { accept });
      assert.deepEqual(items.at(-1), stale);
    });
    for (const line of withoutServer.trim().split('\n')) await assertSame(both, line);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The requests that `-v=6` shows. */
const requested = (err: string): string[] =>
  [...err.matchAll(/"Response" verb="GET" url="https:\/\/[^/]+(\/openapi[^?"]*)/g)].map(([, path = '']) => path);

test("OpenAPI documents are cached on disk, in upstream's format, until the server has newer ones", async () => {
  await using plane = await startControlPlane({ controllers: [], scheduler: false });
  using both = bothKubectls({ KUBECONFIG: plane.kubeconfigFile });
  const folder = mkdtempSync(join(tmpdir(), 'kubectl-explain-'));
  const explained = (what: string): string[] => ['explain', what, '--cache-dir', `${folder}/cache`];
  try {
    const first = await both.ours(...explained('pods'), '-v=6');
    assert.deepEqual(requested(first.err), ['/openapi/v3', '/openapi/v3/api/v1']);
    const second = await both.ours(...explained('pods'), '-v=6');
    assert.deepEqual(requested(second.err), ['/openapi/v3']);
    assert.equal(second.out, first.out);
    // Each uses the other's cache.
    const upstream = await both.upstream(...explained('pods'), '-v=8');
    assert.equal(upstream.out, first.out);
    assert.equal(upstream.err.match(/X-From-Cache: 1/g)?.length, 2, upstream.err.slice(0, 2000));
    await both.upstream(...explained('deployments'));
    assert.deepEqual(requested((await both.ours(...explained('deployments'), '-v=6')).err), ['/openapi/v3']);

    const file = join(folder, 'crd.yaml');
    // Neither cached documents nor cached discovery hide newer definitions.
    for (const text of ['A boat is what swims.', 'A boat is what sails.']) {
      writeFileSync(file, crd.replace('A boat is what swims.', text));
      await both.ours('apply', '-f', file);
      await eventually(
        async () => {
          const { out, err } = await both.ours(...explained('boats'));
          assert.ok(out.includes(text), out + err);
        },
        { timeoutMs: 30_000 },
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
