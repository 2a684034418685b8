import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { storageSourceProblems } from './volume-sources-validation.ts';

/** Upstream's problems for each source, in a pod or in a persistent volume. */
const cases: readonly [source: object, problems: readonly string[], isPersistent?: boolean][] = [
  [{ nfs: { server: 's', path: '/a' } }, []],
  [
    { nfs: { server: '', path: '' } },
    [
      'v.nfs.server: Required value',
      'v.nfs.path: Required value',
      'v.nfs.path: Invalid value: "": must be an absolute path',
    ],
  ],
  [{ gcePersistentDisk: { pdName: '' } }, ['v.persistentDisk.pdName: Required value']],
  [
    { gcePersistentDisk: { pdName: 'a', partition: 256 } },
    ['v.persistentDisk.partition: Invalid value: 256: must be between 1 and 255, inclusive'],
  ],
  [
    { awsElasticBlockStore: { volumeID: '', partition: -1 } },
    [
      'v.awsElasticBlockStore.volumeID: Required value',
      'v.awsElasticBlockStore.partition: Invalid value: -1: must be between 1 and 255, inclusive',
    ],
  ],
  [
    { iscsi: { targetPortal: '', iqn: 'q', lun: 256, chapAuthSession: true, initiatorName: 'iqn.x' } },
    [
      'v.iscsi.targetPortal: Required value',
      'v.iscsi.iqn: Invalid value: "q": must be valid format starting with iqn, eui, or naa',
      'v.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive',
      'v.iscsi.secretRef: Required value',
      'v.iscsi.initiatorname: Invalid value: "iqn.x": must be valid format',
    ],
  ],
  [{ iscsi: { targetPortal: '1.2.3.4', iqn: 'iqn.2015-02.example.com:test', lun: 0 } }, []],
  [
    { iscsi: { targetPortal: 'a', iqn: 'q', lun: 0, secretRef: { name: '' } } },
    ['v.iscsi.iqn: Invalid value: "q": must be valid format', 'v.iscsi.secretRef.name: Required value'],
    true,
  ],
  [{ fc: {} }, ['v.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both']],
  [{ fc: { targetWWNs: ['a'] } }, ['v.fc.lun: Required value: lun is required if targetWWNs is specified']],
  [
    { quobyte: { registry: 'a', volume: '' } },
    [
      'v.quobyte.registry: Invalid value: "a": must be a host:port pair or multiple pairs separated by commas',
      'v.quobyte.volume: Required value',
    ],
  ],
  [{ quobyte: { registry: 'a:1,[::1]:2', volume: 'v' } }, []],
  [
    { azureDisk: { diskName: 'a', diskURI: 'x', kind: 'Shared', cachingMode: 'Loud' } },
    [
      'v.azureDisk.cachingMode: Unsupported value: "Loud": supported values: "None", "ReadOnly", "ReadWrite"',
      'v.azureDisk.diskURI: Unsupported value: "x": supported values: "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"',
    ],
  ],
  [{ flocker: {} }, ['v.flocker: Required value: one of datasetName and datasetUUID is required']],
  [
    { flexVolume: { driver: '', options: { 'a.k8s.io/b': 'c' } } },
    [
      'v.flexVolume.driver: Required value',
      'v.flexVolume.options[a.k8s.io/b]: Invalid value: "a.k8s.io/b": kubernetes.io and k8s.io namespaces are reserved',
    ],
  ],
  [{ rbd: { monitors: [], image: '' } }, ['v.rbd.monitors: Required value', 'v.rbd.image: Required value']],
  [{ azureFile: { secretName: 's', shareName: '' } }, ['v.azureFile.shareName: Required value']],
  [
    { azureFile: { secretName: 's', shareName: 'a', secretNamespace: '' } },
    ['v.azureFile.secretNamespace: Required value'],
    true,
  ],
  [
    { glusterfs: { endpoints: 'e', path: 'p', endpointsNamespace: '' } },
    [
      'v.glusterfs.endpointsNamespace: Invalid value: "": if the endpointnamespace is set, it must be a valid namespace name',
    ],
    true,
  ],
  [{ cinder: { volumeID: 'a', secretRef: { name: 's' } } }, ['v.cinder.secretRef.namespace: Required value'], true],
  [
    { csi: { driver: 'a.b', volumeHandle: '', controllerPublishSecretRef: { name: '' } } },
    [
      'v.csi.volumeHandle: Required value',
      'v.csi.controllerPublishSecretRef.name: Required value',
      'v.csi.controllerPublishSecretRef.namespace: Required value',
    ],
    true,
  ],
];

describe('volume sources', () => {
  for (const [source, problems, isPersistent = false] of cases) {
    it(`${JSON.stringify(source)}${isPersistent ? ' of a persistent volume' : ''}`, () => {
      assert.deepEqual([...storageSourceProblems(source, 'v', { isPersistent })].map(problemText), problems);
    });
  }
});
