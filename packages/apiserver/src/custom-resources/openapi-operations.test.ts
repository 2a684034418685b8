import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { customDocuments } from './openapi.ts';

const definition = {
  metadata: { name: 'certificates.cert-manager.io' },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: { kind: 'Certificate', plural: 'certificates', singular: 'certificate', listKind: 'CertificateList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object' } },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.a', statusReplicasPath: '.status.a' } },
      },
    ],
  },
} as unknown as CustomResourceDefinition;

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly consumes?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}
type Item = { readonly parameters?: Operation['parameters'] } & Readonly<
  Record<'get' | 'patch', Operation | undefined>
>;
type Paths = Readonly<Record<string, Item>>;

test("publishes the operations on custom resources under upstream's names, which client generators rely on", () => {
  for (const dialect of ['v2', 'v3'] as const) {
    const { paths, definitions } = customDocuments([definition], dialect) as { paths: Paths; definitions: object };
    const operations = Object.values(paths).flatMap((item) =>
      Object.entries(item).flatMap(([method, one]) =>
        method === 'parameters' ? [] : [(one as Operation).operationId],
      ),
    );
    assert.deepEqual(operations.sort(), [
      'createCertManagerIoV1NamespacedCertificate',
      'deleteCertManagerIoV1CollectionNamespacedCertificate',
      'deleteCertManagerIoV1NamespacedCertificate',
      'listCertManagerIoV1CertificateForAllNamespaces',
      'listCertManagerIoV1NamespacedCertificate',
      'patchCertManagerIoV1NamespacedCertificate',
      'patchCertManagerIoV1NamespacedCertificateScale',
      'patchCertManagerIoV1NamespacedCertificateStatus',
      'readCertManagerIoV1NamespacedCertificate',
      'readCertManagerIoV1NamespacedCertificateScale',
      'readCertManagerIoV1NamespacedCertificateStatus',
      'replaceCertManagerIoV1NamespacedCertificate',
      'replaceCertManagerIoV1NamespacedCertificateScale',
      'replaceCertManagerIoV1NamespacedCertificateStatus',
    ]);
    for (const [path, { parameters = [] }] of Object.entries(paths))
      assert.deepEqual(
        parameters.map((one) => [one.in, one.name]),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ['path', name]),
      );
    const used = new Set(JSON.stringify(paths).match(/(?<="#\/(?:definitions|components\/schemas)\/)[^"]+/g));
    for (const name of used) assert.ok(name in definitions, name);
  }
});

test('custom resources support no strategic merge patches, and lists document how to watch them', () => {
  const { paths } = customDocuments([definition], 'v2') as unknown as { paths: Paths };
  const collection = paths['/apis/cert-manager.io/v1/namespaces/{namespace}/certificates'];
  assert.deepEqual(collection?.get?.tags, ['certManagerIo_v1']);
  assert.ok(collection?.get?.parameters?.some(({ name }) => name === 'watch'));
  const { consumes } = paths['/apis/cert-manager.io/v1/namespaces/{namespace}/certificates/{name}']?.patch ?? {};
  assert.deepEqual(consumes, [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/apply-patch+yaml',
  ]);
});
