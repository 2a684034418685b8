import { exactInteger, parseExactJson } from '@typernetes/machinery';
import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  EVENT_ID,
  getScalarValue,
  intCoreTag,
  intYaml11Tag,
  type LoadOptions,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  parseEvents,
  type Schema,
  YAMLException,
} from 'js-yaml';
import { goReading } from './yaml-mistakes/grammar.ts';
import { InvalidKey, mayHaveNullKeys, nullKeyProblem, withAllKeys } from './yaml-mistakes/map-keys.ts';

/** Bytes in base64 become a text, as in Go. */
const binaryTag = defineScalarTag('tag:yaml.org,2002:binary', {
  resolve: (source) => {
    const base64 = source.replace(/[\r\n]/g, '');
    if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
      throw new ManifestError('error converting YAML to JSON: yaml: !!binary value contains invalid base64 data');
    return Buffer.from(base64, 'base64').toString('utf8');
  },
  // Nothing is written with it.
  identify: () => false,
});

/**
 * What Kubernetes' tools read: YAML 1.1 booleans (`yes`, `on`) and octal numbers (`0644`), but timestamps stay strings and
 * `22:22` is a string too, never base 60.
 */
const withPlainBooleans = CORE_SCHEMA.withTags(nullYaml11Tag, mergeTag, binaryTag, {
  ...intYaml11Tag,
  resolve: (source, isExplicit, tagName) => {
    if (source.includes(':')) return NOT_RESOLVED;
    const value = intYaml11Tag.resolve(source, isExplicit, tagName);
    const number = value === NOT_RESOLVED ? intCoreTag.resolve(source, isExplicit, tagName) : value;
    const isInexact = typeof number === 'number' && !Number.isSafeInteger(number) && /^[-+]?[1-9][0-9]*$/.test(source);
    return isInexact ? exactInteger(BigInt(source.replace('+', ''))) : number;
  },
});
const schema = withPlainBooleans.withTags(boolYaml11Tag);

/** A text that is neither YAML nor JSON, with kubectl's message. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

interface DecodeOptions {
  /** `yes` and the like are words: only `true` and `false` are booleans, as for the objects of kustomizations. */
  readonly plainBooleans?: boolean;
  /**
   * The last of duplicate keys wins, as in applied manifests and kustomizations; else duplicates are an error, as in
   * configuration files.
   */
  readonly lastWins?: boolean;
}

/** All documents of a YAML or JSON text, in order, without empty ones. Throws ManifestError. */
export function decodeDocuments(
  text: string,
  { plainBooleans = false, lastWins = false }: DecodeOptions = {},
): unknown[] {
  if (/^\s*[{[]/.test(text)) {
    const document = parseJson(text);
    const several = document === undefined ? jsonDocuments(text) : [document];
    if (several) return several;
  }
  // Go's parser takes none but version 1.1.
  const { problem: ofDirective } = /^%/m.test(text) ? goReading(text) : {};
  if (ofDirective) throw new ManifestError(`error converting YAML to JSON: ${ofDirective}`);
  const options = { schema: plainBooleans ? withPlainBooleans : schema, json: lastWins };
  try {
    const documents = load(text, options);
    if (mayHaveNullKeys(text)) refuseNullKeys(text, options);
    if (/\.(inf|nan)\b/i.test(text)) refuseInfinite(documents);
    return documents.filter((document) => document !== null && document !== undefined);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { problem, end } = goReading(text);
    // A key that is indented less than those before it ends what they belong to: Go's parser reads no further. JSON is no such text.
    if (!problem && text.slice(end).trim() !== '' && !/^\s*[{[]/.test(text))
      return decodeDocuments(text.slice(0, end), { plainBooleans, lastWins });
    const ofKey = problem ?? complexKeyProblem(text, { reason: error.reason, options });
    throw new ManifestError(`error converting YAML to JSON: ${ofKey ?? describe(error)}`);
  }
}

/** What is wrong with a map or list as a key. */
function complexKeyProblem(
  text: string,
  { reason, options }: { reason: string; options: LoadOptions & { schema: Schema } },
): string | undefined {
  if (!reason.includes('complex keys')) return undefined;
  try {
    load(text, { ...options, schema: withAllKeys(options.schema) });
    return undefined;
  } catch (error) {
    if (!(error instanceof InvalidKey)) throw error;
    return `yaml: ${error.message}`;
  }
}

/** Throws for keys that are null. */
function refuseNullKeys(text: string, options: LoadOptions & { schema: Schema }): void {
  const problem =
    goReading(text).problem ?? nullKeyProblem(load(text, { ...options, schema: withAllKeys(options.schema) }));
  if (problem !== undefined) throw new ManifestError(`error converting YAML to JSON: ${problem}`);
}

/** Such numbers cannot be sent as JSON. */
function refuseInfinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const said = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new ManifestError(`error converting YAML to JSON: json: unsupported value: ${said}`);
  }
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) refuseInfinite(part);
}

/** The only document of a text; undefined when the text is empty. Throws ManifestError when there are more. */
export function decodeDocument(text: string, options: DecodeOptions = {}): unknown {
  const documents = decodeDocuments(text, options);
  if (documents.length > 1) throw new ManifestError('Cannot decode document: expected one, found several');
  return documents[0];
}

/**
 * The only document of a text in which the last of duplicate keys wins, with warnings about the others: `line 3: key
 * "a" already set in map`.
 */
export function decodeRepeating(text: string): { readonly value: unknown; readonly repeatedKeys: readonly string[] } {
  const [value, ...others] = decodeDocuments(text, { lastWins: true });
  if (others.length > 0) throw new ManifestError('Cannot decode document: expected one, found several');
  // Most YAML that clients send is JSON in our own format.
  return { value, repeatedKeys: JSON.stringify(value) === text.trimEnd() ? [] : repeatedKeys(text) };
}

/** In the order in which Go's parser finds them: after those in their values. */
function repeatedKeys(text: string): string[] {
  const repeated: string[] = [];
  interface Open {
    readonly keys: Set<string> | undefined;
    key: { readonly name: string; readonly start: number } | undefined;
    awaitsValue: boolean;
  }
  const open: Open[] = [];
  const ended = (): void => {
    const parent = open.at(-1);
    if (!parent?.keys) return;
    parent.awaitsValue = !parent.awaitsValue;
    const { key } = parent;
    if (parent.awaitsValue || !key) return;
    if (parent.keys.has(key.name))
      repeated.push(
        `line ${text.slice(0, key.start).split('\n').length}: key ${JSON.stringify(key.name)} already set in map`,
      );
    parent.keys.add(key.name);
    parent.key = undefined;
  };
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_ID.POP) {
      open.pop();
      ended();
    } else if (event.type === EVENT_ID.SCALAR) {
      const parent = open.at(-1);
      const name = getScalarValue(text, event);
      if (parent?.keys && !parent.awaitsValue && name !== '<<') parent.key = { name, start: event.valueStart };
      ended();
    } else if (event.type === EVENT_ID.ALIAS) ended();
    else
      open.push({ keys: event.type === EVENT_ID.MAPPING ? new Set() : undefined, key: undefined, awaitsValue: false });
  }
  return repeated;
}

/** JSON objects that follow each other, as `jq '.items[]'` writes them; undefined for anything else. */
function jsonDocuments(text: string): unknown[] | undefined {
  const documents: unknown[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (sign === '{') depth++;
    if (sign !== '}' || --depth > 0) continue;
    const document = parseJson(text.slice(from, index + 1));
    if (document === undefined) return undefined;
    documents.push(document);
    from = index + 1;
  }
  return depth === 0 && text.slice(from).trim() === '' ? documents : undefined;
}

/** Undefined if it is not JSON: `{a: b}` and JSON followed by comments are YAML, which the caller tries next. */
function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/**
 * Loads YAML. What Go's parser accepts and ours rejects is rewritten to an equivalent form and parsed again: `\\'` in
 * double quotes, which people bring along from their shell, unknown tags, and tabs and lines within brackets or quotes
 * that are indented too little, such as a closing bracket below its key. Texts that need too many such rewrites are
 * refused.
 */
function load(text: string, options: LoadOptions): unknown[] {
  let rest = text;
  for (let read = text.length; ; read += rest.length) {
    try {
      return loadAll(rest, options);
    } catch (error) {
      const next = error instanceof YAMLException && read < mostRead ? asOursTakes(rest, error) : undefined;
      if (next === undefined) throw error;
      rest = next;
    }
  }
}

const mostRead = 32_000_000;

/** The text without what the parser has stopped at; undefined where that is wrong to Go's as well. */
function asOursTakes(text: string, { reason, mark }: YAMLException): string | undefined {
  const at = mark?.position;
  if (at === undefined) return undefined;
  if (reason === 'unknown escape sequence')
    return text.slice(at - 1, at + 1) === "\\'" ? text.slice(0, at - 1) + text.slice(at) : undefined;
  const [, kind, tag] = /^unknown (scalar|mapping|sequence) tag !<(.*)>$/.exec(reason) ?? [];
  if (tag !== undefined) {
    // Unknown tags are ignored; a text with one is not a number.
    const written = tag.replace(/^tag:yaml\.org,2002:/, '!!');
    const from = text.lastIndexOf(`${written} `, at);
    if (from < 0) return undefined;
    return text.slice(0, from) + (kind === 'scalar' ? '!!str' : '') + text.slice(from + written.length);
  }
  if (reason !== 'deficient indentation' || at >= text.trimEnd().length) return undefined;
  if (text[at] === '\t' || text[at - 1] === '\t') {
    const from = text[at] === '\t' ? at : at - 1;
    return `${text.slice(0, from)} ${text.slice(from + 1)}`;
  }
  const start = text.lastIndexOf('\n', at - 1) + 1;
  // Indentation does not matter on this line, so it is joined to the previous one.
  return `${text.slice(0, start)}${' '.repeat(deepest)}${text.slice(start)}`;
}

/** More than anything is indented by hand. */
const deepest = 100;

function describe({ reason, mark }: YAMLException): string {
  const line = (mark?.line ?? 0) + 1;
  if (/duplicated mapping key/.test(reason)) {
    const name = /^\s*(?:- )*\s*["']?([^"':]+)/.exec(mark?.buffer.split('\n')[line - 1] ?? '')?.[1] ?? '';
    return `yaml: unmarshal errors:\n  line ${line}: key "${name}" already set in map`;
  }
  return `yaml: line ${line}: ${reason}`;
}
