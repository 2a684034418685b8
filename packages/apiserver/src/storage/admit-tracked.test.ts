import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import type { ApiObject, ManagedFieldsEntry } from '@typernetes/machinery';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission-plugin.ts';
import { admitTracked } from './admit-tracked.ts';

const owned: ManagedFieldsEntry = {
  manager: 'one',
  operation: 'Update',
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': {} },
};

/** The remaining managers, and the warnings, after a plugin has written these entries. */
async function after(entries: readonly object[] | undefined): Promise<[unknown, string[]]> {
  const object = { metadata: { name: 'x', managedFields: [owned] } } as ApiObject;
  const request = { operation: 'CREATE', resource: configmaps, subresource: '', object } as unknown as AdmissionRequest;
  const plugin: AdmissionPlugin = {
    name: 'writer',
    admit: async () => {
      if (entries) object.metadata.managedFields = entries as ManagedFieldsEntry[];
    },
  };
  const warnings = new Set<string>();
  await admitTracked([plugin], request, warnings);
  return [object.metadata.managedFields, [...warnings]];
}

test("keeps a plugin's readable changes of managers, else restores them with a warning", async () => {
  const other = { ...owned, manager: 'two' };
  assert.deepEqual(await after(undefined), [[owned], []]);
  assert.deepEqual(await after([other]), [[other], []]);
  const warning = (problem: string): string =>
    `.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ${problem}`;
  for (const [entry, problem] of [
    [{ ...owned, operation: 'Create' }, 'operation must be `Apply` or `Update`'],
    [{ ...owned, apiVersion: '' }, 'apiVersion must not be empty'],
    [{ ...owned, fieldsType: undefined }, 'missing fieldsType in managed fields entry 0'],
    [{ ...owned, fieldsType: 'FieldsV2' }, 'invalid fieldsType "FieldsV2" in managed fields entry 0'],
  ] as const)
    assert.deepEqual(await after([entry]), [[owned], [warning(problem)]]);
});
