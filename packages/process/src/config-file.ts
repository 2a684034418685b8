import { type Shape, shapeProblems } from './shape.ts';
import { decodeDocument, decodeDocuments } from './yaml.ts';

/** A versioned document as it came from a file. */
export interface TypedDocument {
  readonly apiVersion: string;
  readonly kind: string;
}

/** One kind of configuration that a program understands. */
export interface ConfigKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The fields besides apiVersion and kind. */
  readonly fields: Readonly<Record<string, Shape>>;
}

/** A configuration that cannot be used; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Decodes a component configuration of the one kind, strictly. Throws ConfigError or ManifestError. */
export function decodeConfig<T extends object>(text: string, kind: ConfigKind): T & TypedDocument {
  return checked<T & TypedDocument>(decodeDocument(text), [kind]);
}

/** Decodes every document of a file that holds several kinds (kubeadm's), strictly. Throws ConfigError or ManifestError. */
export function decodeConfigs(text: string, kinds: readonly ConfigKind[]): TypedDocument[] {
  return decodeDocuments(text).map((document) => checked<TypedDocument>(document, kinds));
}

function checked<T extends TypedDocument>(document: unknown, kinds: readonly ConfigKind[]): T {
  const { apiVersion = '', kind = '' } = (document ?? {}) as Partial<TypedDocument>;
  if (kind === '') throw new ConfigError("Object 'Kind' is missing");
  if (apiVersion === '') throw new ConfigError("Object 'apiVersion' is missing");
  const known = kinds.find((k) => k.kind === kind && k.apiVersion === apiVersion);
  if (!known) throw new ConfigError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  const problems = shapeProblems(document, { fields: { apiVersion: 'string', kind: 'string', ...known.fields } });
  if (problems.length > 0) throw new ConfigError(`strict decoding error: ${problems.join(', ')}`);
  return document as T;
}
