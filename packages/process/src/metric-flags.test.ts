import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseFlags } from './flags.ts';
import { metricFlags, metricRules } from './metric-flags.ts';

const rules = (...args: string[]) => metricRules(parseFlags(metricFlags, args).flags);

test("flags set the allowed label values, in pflag's map format", () => {
  assert.deepEqual(rules(), { disabled: [], allowedLabels: {} });
  assert.deepEqual(rules('--allow-metric-labels=a_total,code=200,404').allowedLabels, {
    'a_total,code': ['200', '404'],
  });
  const both = { 'a_total,code': ['200', '404'], 'b_total,verb': ['GET'] };
  assert.deepEqual(rules('--allow-metric-labels="a_total,code=200,404","b_total,verb=GET"').allowedLabels, both);
  const twice = ['--allow-metric-labels=a_total,code=200,404', '--allow-metric-labels=b_total,verb=GET'];
  assert.deepEqual(rules(...twice).allowedLabels, both);
  const message =
    '--allow-metric-labels must have a list of kv pair with format `metricName,labelName=labelValue, labelValue,...`';
  assert.throws(() => rules('--allow-metric-labels=a_total=200'), { message });
  assert.throws(() => rules('--allow-metric-labels=a_total'), /a_total must be formatted as key=value/);
});

test('a manifest sets the allowed label values, unless flags do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'metric-flags-'));
  const file = join(folder, 'allowed.yaml');
  const flag = `--allow-metric-labels-manifest=${file}`;
  try {
    writeFileSync(file, "a_total,code: '200,404'\n");
    assert.deepEqual(rules(flag).allowedLabels, { 'a_total,code': ['200', '404'] });
    assert.deepEqual(rules(flag, '--allow-metric-labels=b_total,verb=GET').allowedLabels, { 'b_total,verb': ['GET'] });
    writeFileSync(file, "a_total: '200'\n");
    assert.throws(() => rules(flag), /^Error: invalid allow list mapping in manifest: --allow-metric-labels must have/);
    writeFileSync(file, 'a_total,code: [200]\n');
    assert.throws(() => rules(flag), /^Error: failed to parse allow list manifest: /);
    assert.throws(() => rules(`${flag}.none`), /^Error: failed to read allow list manifest: /);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
