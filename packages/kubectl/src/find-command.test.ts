import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandTable } from './commands/command-table.ts';
import { findCommand, isGroup, standsAlone } from './find-command.ts';
import { globalFlags } from './global-flags.ts';

test('accepts flags between the words of a command', () => {
  for (const [line, name, args] of [
    ['create -n team configmap x', 'create configmap', '-n team x'],
    ['create --dry-run=client -o yaml cm x', 'create configmap', '--dry-run=client -o yaml x'],
    ['create --dry-run cm x', 'create configmap', '--dry-run x'],
    ['create secret --type t generic x', 'create secret generic', '--type t x'],
    ['-n a rollout -n b --timeout 1s status deploy/x', 'rollout status', '-n a -n b --timeout 1s deploy/x'],
    ['create -R configmap', 'create configmap', '-R'],
    // The word after a flag that takes a value is the value.
    ['create -f configmap', 'create', '-f configmap'],
    ['create -- configmap x', 'create', '-- configmap x'],
    ['get -n configmap pods', 'get', '-n configmap pods'],
    ['cluster-info -n team dump', 'cluster-info dump', '-n team'],
  ] as const) {
    const found = findCommand(line.split(' '));
    assert.deepEqual([found?.name, found?.args.join(' ')], [name, args], line);
  }
  assert.equal(findCommand(['rollout', '-w', 'status']), undefined);
});

test('the flags without values are those that commands declare', async () => {
  for (const words of ['', ...Object.keys(commandTable).filter(isGroup)]) {
    const flags = words === '' ? globalFlags : ((await commandTable[words]?.())?.flags ?? {});
    const alone = Object.entries(flags).flatMap(([name, spec]) =>
      name !== 'help' && (spec.type === 'boolean' || 'valueWhenBare' in spec)
        ? [name, ...('short' in spec && spec.short ? [spec.short] : [])]
        : [],
    );
    assert.deepEqual(alone.sort(), [...(standsAlone[words] ?? [])].sort(), words);
  }
});
