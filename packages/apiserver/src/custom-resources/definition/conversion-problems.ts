import type { CustomResourceDefinitionSpec } from '@typernetes/api/apiextensions/v1';
import { clientProblems } from '@typernetes/api/validation';
import {
  dns1035LabelProblems,
  type FieldProblem,
  forbiddenValue,
  indexPath,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';

/** Upstream names the fields as its version-less type does. */
const configPath = 'spec.conversion.webhookClientConfig';
const versionsPath = 'spec.conversion.conversionReviewVersions';

/** The problems with the conversion between versions. */
export function* conversionProblems({ conversion }: CustomResourceDefinitionSpec): Generator<FieldProblem> {
  if (!conversion) return;
  const { strategy, webhook } = conversion;
  if (!strategy) yield requiredValue('spec.conversion.strategy');
  else if (strategy !== 'None' && strategy !== 'Webhook') {
    yield unsupportedValue('spec.conversion.strategy', strategy, ['None', 'Webhook']);
  }
  if (strategy !== 'Webhook') {
    const refusal = 'should not be set when strategy is not set to Webhook';
    if (webhook?.clientConfig) yield forbiddenValue(configPath, refusal);
    if (webhook?.conversionReviewVersions?.length) yield forbiddenValue(versionsPath, refusal);
    return;
  }
  const path = configPath;
  const config = webhook?.clientConfig;
  if (!config) yield requiredValue(path, 'required when strategy is set to Webhook');
  else yield* clientProblems(config, path);
  yield* versionProblems(webhook?.conversionReviewVersions ?? []);
}

function* versionProblems(versions: readonly string[]): Generator<FieldProblem> {
  if (versions.length === 0) {
    yield requiredValue(versionsPath);
    return;
  }
  const seen = new Set<string>();
  for (const [i, version] of versions.entries()) {
    const at = indexPath(versionsPath, i);
    if (seen.has(version)) {
      yield invalidValue(at, version, 'duplicate version');
      continue;
    }
    seen.add(version);
    for (const detail of dns1035LabelProblems(version)) yield invalidValue(at, version, detail);
  }
  if (!versions.includes('v1') && !versions.includes('v1beta1'))
    yield invalidValue(versionsPath, versions, 'must include at least one of v1, v1beta1');
}
