import assert from 'node:assert/strict';
import { builtInResources } from '../resources.ts';
import type { Strategy } from '../strategy.ts';

/** The strategy of a resource that is stored, or of one of its subresources. */
export function strategyOf(plural: string, part?: string): Strategy {
  const served = builtInResources.find(({ type, storage }) => type.plural === plural && storage);
  assert.ok(served, plural);
  if (part === undefined) return served.strategy;
  const subresource = served.subresources[part];
  assert.ok(subresource?.via === 'strategy', `${plural}/${part}`);
  return subresource.strategy;
}
