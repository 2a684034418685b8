import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateCSIDriver, validateCSIDriverUpdate } from './csi-driver-validation.ts';
import { validateCSINode, validateCSINodeUpdate } from './csi-node-validation.ts';
import type { CSIDriverSpec, CSINodeDriver, VolumeAttachmentSource } from './v1.gen.ts';
import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from './volume-attachment-validation.ts';
import {
  validateVolumeAttributesClass,
  validateVolumeAttributesClassUpdate,
} from './volume-attributes-class-validation.ts';

const metadata = { name: 'csi.example.com', uid: '1', resourceVersion: '1', creationTimestamp: '' };

test('a CSIDriver has all its fields, and immutable ones stay', () => {
  const spec: CSIDriverSpec = {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    seLinuxMount: false,
    fsGroupPolicy: 'File',
  };
  assert.deepEqual(validateCSIDriver({ metadata, spec }), []);
  const bad = { fsGroupPolicy: 'Any', tokenRequests: [{ audience: 'a', expirationSeconds: 60 }, { audience: 'a' }] };
  assert.deepEqual(validateCSIDriver({ metadata, spec: bad }).map(problemText), [
    'spec.attachedRequired: Required value',
    'spec.podInfoOnMount: Required value',
    'spec.storageCapacity: Required value',
    'spec.seLinuxMount: Required value',
    'spec.fsGroupPolicy: Unsupported value: "Any": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
  ]);
  const next = { metadata, spec: { ...spec, attachRequired: false } };
  assert.deepEqual(validateCSIDriverUpdate(next, { metadata, spec }).map(problemText), [
    'spec.attachedRequired: Invalid value: false: field is immutable',
  ]);
});

test("a driver's entry in a CSINode is immutable", () => {
  const of = (...drivers: CSINodeDriver[]) => ({ metadata, spec: { drivers } });
  const driver = { name: 'csi.example.com', nodeID: 'n1', topologyKeys: ['example.com/zone'] };
  assert.deepEqual(validateCSINode(of(driver)), []);
  assert.deepEqual(
    validateCSINode(of({ ...driver, nodeID: '' }, { ...driver, topologyKeys: ['a', 'a'] })).map(problemText),
    [
      'spec.drivers[0].nodeID: Required value',
      'spec.drivers[1].name: Duplicate value: "csi.example.com"',
      'spec.drivers[1].topologyKeys: Duplicate value: "a"',
    ],
  );
  assert.deepEqual(validateCSINodeUpdate(of({ ...driver, allocatable: { count: 3 } }), of(driver)), []);
  assert.deepEqual(validateCSINodeUpdate(of({ ...driver, nodeID: 'n2' }), of(driver)).map(problemText), [
    'spec.drivers[0].nodeID: Invalid value: "n2": field is immutable',
  ]);
});

test('an attachment has exactly one source, which is immutable', () => {
  const of = (source: VolumeAttachmentSource) => ({
    metadata,
    spec: { attacher: 'csi.example.com', nodeName: 'n1', source },
  });
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  const cases: readonly [VolumeAttachmentSource, readonly string[]][] = [
    [{ persistentVolumeName: 'pv' }, []],
    [{}, [`spec.source: Required value: ${detail}`]],
    [{ persistentVolumeName: 'pv', inlineVolumeSpec: {} }, [`spec.source: Forbidden: ${detail}`]],
    [
      { persistentVolumeName: '' },
      ['spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName'],
    ],
  ];
  for (const [source, wants] of cases) assert.deepEqual(validateVolumeAttachment(of(source)).map(problemText), wants);
  const { spec } = of({ persistentVolumeName: 'pv' });
  const [missing, ...wrong] = validateVolumeAttachment({ metadata, spec: { ...spec, attacher: '' } }).map(problemText);
  assert.equal(missing, 'spec.attacher: Required value');
  assert.match(wrong.join(), /^spec.attacher: Invalid value: "": a lowercase RFC 1123 subdomain/);
  const changed = validateVolumeAttachmentUpdate(of({ persistentVolumeName: 'b' }), of({ persistentVolumeName: 'a' }));
  assert.match(changed.map(problemText).join(), /^spec: Invalid value: .*: field is immutable$/);
});

test('a volume attributes class has parameters, which are immutable', () => {
  const ofClass = (parameters: Record<string, string>) => ({ metadata, driverName: 'csi.example.com', parameters });
  assert.deepEqual(validateVolumeAttributesClass(ofClass({ iops: '100' })), []);
  assert.deepEqual(validateVolumeAttributesClass(ofClass({})).map(problemText), [
    'parameters: Required value: must contain at least one key/value pair',
  ]);
  assert.deepEqual(validateVolumeAttributesClassUpdate(ofClass({ a: '1' }), ofClass({ a: '2' })).map(problemText), [
    'parameters: Forbidden: updates to parameters are forbidden.',
  ]);
});
