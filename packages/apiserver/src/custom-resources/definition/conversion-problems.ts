import type { CustomResourceDefinitionSpec } from '@typernetes/api/apiextensions/v1';
import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  requiredValue,
  unsupportedValue,
} from '@typernetes/machinery';

/** Upstream names the fields as its version-less type does. */
const configPath = 'spec.conversion.webhookClientConfig';
const versionsPath = 'spec.conversion.conversionReviewVersions';

/** How versions become each other. */
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
  else if ((config.url === undefined) === (config.service === undefined)) {
    yield requiredValue(path, 'exactly one of url or service is required');
  } else if (config.url !== undefined) yield* urlProblems(config.url, `${path}.url`);
  else {
    if (!config.service?.name) yield requiredValue(`${path}.service.name`, 'service name is required');
    if (!config.service?.namespace) yield requiredValue(`${path}.service.namespace`, 'service namespace is required');
  }
  const versions = webhook?.conversionReviewVersions ?? [];
  if (versions.length === 0) yield requiredValue(versionsPath);
  else if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    yield invalidValue(versionsPath, versions, 'must include at least one of v1, v1beta1');
  }
}

function* urlProblems(url: string, path: string): Generator<FieldProblem> {
  const form = 'desired format: https://host[/path]';
  if (!URL.canParse(url)) {
    yield requiredValue(path, `url must be a valid URL: ${form}`);
    return;
  }
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:') {
    yield invalidValue(path, url, `'https' is the only allowed URL scheme; ${form}`);
  }
}
