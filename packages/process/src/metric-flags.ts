import { readFileSync } from 'node:fs';
import { messageOf } from '@typernetes/base';
import type { FlagSpecs, ParsedFlags } from './flags.ts';
import type { MetricRules } from './metrics.ts';
import { decodeDocument } from './yaml.ts';

/** Flags that restrict a component's metrics. */
export const metricFlags = {
  'allow-metric-labels': {
    type: 'array',
    typeName: 'stringToString',
    default: [],
    help: "The map from metric-label to value allow-list of this label. The key's format is <MetricName>,<LabelName>. The value's format is <allowed_value>,<allowed_value>...e.g. metric1,label1='v1,v2,v3', metric1,label2='v1,v2,v3' metric2,label1='v1,v2,v3'.",
  },
  'allow-metric-labels-manifest': {
    type: 'string',
    default: '',
    help: 'The path to the manifest file that contains the allow-list mapping. The format of the file is the same as the flag --allow-metric-labels. Note that the flag --allow-metric-labels will override the manifest file.',
  },
  'disabled-metrics': {
    type: 'list',
    default: [],
    help: 'This flag provides an escape hatch for misbehaving metrics. You must provide the fully qualified metric name in order to disable it. Disclaimer: disabling metrics is higher in precedence than showing hidden metrics.',
  },
} as const satisfies FlagSpecs;

const keyForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*,[a-zA-Z_][a-zA-Z0-9_]*$/;
const notKeyed =
  '--allow-metric-labels must have a list of kv pair with format `metricName,labelName=labelValue, labelValue,...`';

/**
 * The rules for `createMetrics`. Throws an Error in upstream's words for invalid values; the flag overrides the
 * manifest.
 */
export function metricRules(flags: ParsedFlags<typeof metricFlags>): MetricRules {
  const manifest = manifestOf(flags['allow-metric-labels-manifest']);
  const given = Object.assign({}, ...flags['allow-metric-labels'].map(pairsOf)) as Record<string, string>;
  checkKeys(given, notKeyed);
  const allowed = flags['allow-metric-labels'].length > 0 ? given : manifest;
  return {
    disabled: flags['disabled-metrics'],
    allowedLabels: Object.fromEntries(Object.entries(allowed).map(([key, values]) => [key, values.split(',')])),
  };
}

function checkKeys(pairs: Readonly<Record<string, string>>, problem: string): void {
  if (!Object.keys(pairs).every((key) => keyForm.test(key))) throw new Error(problem);
}

function manifestOf(file: string): Record<string, string> {
  if (file === '') return {};
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed to read allow list manifest: ${messageOf(error)}`, { cause: error });
  }
  const read = pairsIn(text);
  checkKeys(read, `invalid allow list mapping in manifest: ${notKeyed}`);
  return read;
}

function pairsIn(text: string): Record<string, string> {
  const failed = (why: string, cause?: unknown): Error =>
    new Error(`failed to parse allow list manifest: ${why}`, { cause });
  let document: unknown;
  try {
    document = decodeDocument(text) ?? {};
  } catch (error) {
    throw failed(messageOf(error), error);
  }
  const pairs = typeof document === 'object' ? Object.entries(document as object) : undefined;
  if (!pairs?.every(([, value]) => typeof value === 'string')) throw failed('expected texts by texts');
  return Object.fromEntries(pairs) as Record<string, string>;
}

/**
 * Parses a map as pflag does: a text with one `=` is a single pair, including commas; otherwise pairs are separated as
 * in CSV, quoted if they contain commas.
 */
function pairsOf(text: string): Record<string, string> {
  const count = text.split('=').length - 1;
  const pairs = count === 1 ? [text.replace(/^"+|"+$/g, '')] : fieldsOf(text);
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0)
        throw new Error(
          `invalid argument ${JSON.stringify(text)} for "--allow-metric-labels" flag: ${pair} must be formatted as key=value`,
        );
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** The fields of one line of CSV. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
