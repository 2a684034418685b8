import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvictionSettings } from '../context/settings.ts';
import { Evictions } from './evictions.ts';
import { planDisruption, type ZoneCounts, type ZoneState, zoneOf, zoneStateOf } from './zones.ts';

const settings: EvictionSettings = {
  rate: 0.1,
  secondaryRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterThreshold: 50,
};

test('a zone is named by region and zone', () => {
  assert.equal(zoneOf({}), '');
  assert.equal(zoneOf({ 'topology.kubernetes.io/zone': 'a' }), ':\u0000:a');
  assert.equal(
    zoneOf({ 'topology.kubernetes.io/region': 'r', 'failure-domain.beta.kubernetes.io/zone': 'b' }),
    'r:\u0000:b',
  );
});

test('a zone is disrupted with many nodes not ready, but at least three', () => {
  const cases: [number, number, ZoneState][] = [
    [3, 0, 'normal'],
    [0, 0, 'normal'],
    [0, 1, 'full'],
    [1, 2, 'normal'],
    [2, 3, 'partial'],
    [3, 3, 'normal'],
    [45, 55, 'partial'],
    [46, 54, 'normal'],
  ];
  for (const [ready, notReady, state] of cases)
    assert.equal(zoneStateOf({ ready, notReady }, 0.55), state, `${ready} ready, ${notReady} not`);
});

test('rates follow the states of the zones', () => {
  const cases: {
    before: [string, ZoneState][];
    zones: [string, ZoneCounts][];
    rates: [string, number][];
    everything?: 'entered' | 'left';
  }[] = [
    { before: [], zones: [['a', { ready: 3, notReady: 0 }]], rates: [['a', 0.1]] },
    { before: [['a', 'normal']], zones: [['a', { ready: 3, notReady: 1 }]], rates: [] },
    // Partially disrupted: a small cluster stops, a large one continues slowly.
    { before: [['a', 'normal']], zones: [['a', { ready: 2, notReady: 8 }]], rates: [['a', 0]] },
    { before: [['a', 'normal']], zones: [['a', { ready: 20, notReady: 80 }]], rates: [['a', 0.01]] },
    // One zone is gone, another is there.
    {
      before: [
        ['a', 'normal'],
        ['b', 'normal'],
      ],
      zones: [
        ['a', { ready: 0, notReady: 5 }],
        ['b', { ready: 5, notReady: 0 }],
      ],
      rates: [['a', 0.1]],
    },
    { before: [['a', 'normal']], zones: [['a', { ready: 0, notReady: 5 }]], rates: [['a', 0]], everything: 'entered' },
    { before: [], zones: [['a', { ready: 0, notReady: 1 }]], rates: [['a', 0]], everything: 'entered' },
    { before: [['a', 'full']], zones: [['a', { ready: 0, notReady: 4 }]], rates: [] },
    { before: [['a', 'full']], zones: [['a', { ready: 1, notReady: 1 }]], rates: [['a', 0.1]], everything: 'left' },
  ];
  for (const { before, zones, rates, everything } of cases) {
    const plan = planDisruption(new Map(before), new Map(zones), settings);
    assert.deepEqual([[...plan.rates], plan.everything], [rates, everything]);
  }
});

test('evicts the nodes of a zone one after the other', () => {
  const evictions = new Evictions(settings);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) evictions.observe(name, { zone: '', ready: true });
  for (const name of ['a', 'b']) evictions.observe(name, { zone: '', ready: false });
  assert.deepEqual(evictions.turnOf('a', 1000), { now: true });
  assert.deepEqual(evictions.turnOf('b', 1000), { now: false, afterMs: 10_000 });
  evictions.observe('c', { zone: '', ready: false });
  assert.deepEqual(evictions.turnOf('c', 2000), { now: false, afterMs: 19_000 });
  // The previous one is back, so this one's turn comes.
  evictions.observe('b', { zone: '', ready: true });
  assert.deepEqual(evictions.turnOf('c', 11_000), { now: true });
});

test('a small cluster that has lost most of its nodes evicts no more; one that has lost all, none', () => {
  const evictions = new Evictions(settings);
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) evictions.observe(name, { zone: '', ready: true });
  for (const name of names.slice(0, 3)) evictions.observe(name, { zone: '', ready: false });
  assert.deepEqual(evictions.turnOf('a', 0), { now: false, afterMs: undefined });
  for (const name of names.slice(3)) evictions.observe(name, { zone: '', ready: false });
  assert.equal(evictions.isEverythingDown, true);
  assert.deepEqual(evictions.waitingIn(['']), []);
  assert.equal(evictions.observe('a', { zone: '', ready: true }).everything, 'left');
  assert.equal(evictions.isEverythingDown, false);
});
