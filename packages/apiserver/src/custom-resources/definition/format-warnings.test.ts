import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { customResourceDefinitionStrategy } from '../../registry/extension/custom-resource-definition.ts';

test('warns about string formats that are not checked, wherever they are', () => {
  const openAPIV3Schema = {
    type: 'object',
    properties: {
      whole: { type: 'integer', format: 'int128' },
      time: { type: 'string', format: 'datetime' },
      name: { type: 'string', format: 'k8s-short-name' },
      list: { type: 'array', items: { type: 'string', format: 'semver' } },
      map: { type: 'object', additionalProperties: { type: 'string', format: 'a"b' } },
    },
  };
  const definition = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema } }, { name: 'v2' }] } };
  const next = definition as unknown as CustomResourceDefinition;
  const wanted = ['unrecognized format "semver"', String.raw`unrecognized format "a\"b"`];
  const { warningsOnCreate, warningsOnUpdate } = customResourceDefinitionStrategy;
  assert.deepEqual([...(warningsOnCreate?.(next) ?? [])], wanted);
  assert.deepEqual([...(warningsOnUpdate?.(next, next) ?? [])], wanted);
});
