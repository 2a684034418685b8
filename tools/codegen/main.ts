/**
 * Generates TypeScript from the API facts (packages/api/facts): one module per group version with its interfaces and
 * resource constants, and the tables of the run-time schema. `--check` compares instead of writing, and exits with 1
 * when a file is stale.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { renderConfigurationSchema } from './configuration-schema.ts';
import { readFacts } from './facts.ts';
import { renderFeatureGates, renderGateHistory } from './feature-gates.ts';
import { renderModule } from './render.ts';
import { renderOperationTable, renderProtobufTable, renderResourceTable, renderTypeTable } from './table.ts';

/** Configuration file formats without REST resources whose types our programs need. */
const configurationFormats = [
  'admission/v1',
  'apidiscovery/v2',
  'apiserver.config/v1',
  'apiserver.config/v1beta1',
  'audit/v1',
  'clientauthentication/v1',
  'clientcmd/v1',
  'kubeadm/v1beta3',
  'kubeadm/v1beta4',
  'kubelet.config/v1',
  'kubelet.config/v1beta1',
  'kubeproxy.config/v1alpha1',
  'kubescheduler.config/v1',
  'kubecontrollermanager.config/v1alpha1',
  'metrics/v1beta1',
  'imagepolicy/v1alpha1',
  'eventratelimit.config/v1alpha1',
  'podtolerationrestriction.config/v1alpha1',
  'webhookadmission.config/v1',
  'resourcequota.config/v1',
  'podsecurity.config/v1',
];

const facts = readFacts('packages/api/facts');
const served = new Set(facts.resources.map((r) => r.type.split('.').slice(0, -1).join('.')));
const modules = new Map<string, string>();
const wanted = ['meta/v1', ...served, ...configurationFormats];
for (const dir of wanted) {
  const path = dir === 'meta/v1' ? 'packages/machinery/src/meta/v1.gen.ts' : `packages/api/src/${dir}.gen.ts`;
  if (modules.has(path)) continue;
  const rendered = renderModule(facts, dir);
  modules.set(path, rendered.text);
  wanted.push(...rendered.imports);
}
modules.set('packages/kubeadm/src/config/schema.gen.ts', renderConfigurationSchema(facts));

modules.set('packages/api/src/feature-gates.gen.ts', renderFeatureGates('packages/api/facts'));
modules.set('packages/api/src/feature-gate-history.gen.ts', renderGateHistory('packages/api/facts'));
modules.set('packages/api/src/schema/types.gen.ts', renderTypeTable('packages/api/facts', new Set(wanted)));
modules.set('packages/api/src/schema/resources.gen.ts', renderResourceTable('packages/api/facts'));
modules.set('packages/api/src/schema/operations.gen.ts', renderOperationTable('packages/api/facts'));
modules.set('packages/api/src/schema/protobuf.gen.ts', renderProtobufTable('packages/api/facts'));

const stale: string[] = [];
for (const [path, text] of modules) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale.push(path);
  if (process.argv.includes('--check')) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
const verb = process.argv.includes('--check') ? 'stale' : 'written';
console.error(`${modules.size} generated modules, ${stale.length} ${verb}`);
for (const path of stale) console.error(`  ${path}`);
process.exit(process.argv.includes('--check') && stale.length > 0 ? 1 : 0);
