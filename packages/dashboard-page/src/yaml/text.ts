import type { ApiObject } from '@typernetes/machinery';

/** YAML is read and written only where it is asked for: the library is larger than everything that the first paint needs. */
const library = (): Promise<typeof import('js-yaml')> => import('js-yaml');

/** An object as people edit it: without what the server counts by itself, texts of several lines as blocks. */
export async function yamlOf(object: ApiObject): Promise<string> {
  const { dump } = await library();
  const { managedFields: _managed, generation: _generation, ...metadata } = object.metadata;
  const { apiVersion, kind, metadata: _metadata, ...rest } = object as ApiObject & Record<string, unknown>;
  return dump({ apiVersion, kind, metadata, ...rest }, { lineWidth: -1, noRefs: true });
}

export interface YamlProblem {
  readonly message: string;
  /** From 1; 0 when it is nowhere in particular. */
  readonly line: number;
}

/** A document and the line that it begins at, from 1. */
export interface Document {
  readonly object: ApiObject;
  readonly line: number;
}

/** The documents of a text, empty ones left out; or what is wrong with it. */
export async function documentsOf(text: string): Promise<{ documents: Document[] } | { problem: YamlProblem }> {
  const { load, YAMLException } = await library();
  const documents: Document[] = [];
  for (const { source, line } of splitDocuments(text)) {
    try {
      const value: unknown = load(source);
      if (value === null || value === undefined) continue;
      const problem = shapeProblem(value);
      if (problem !== undefined) return { problem: { message: problem, line } };
      documents.push({ object: value as ApiObject, line });
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      return { problem: { message: error.reason, line: line + (error.mark?.line ?? 0) } };
    }
  }
  return documents.length > 0 ? { documents } : { problem: { message: 'There is nothing in it', line: 0 } };
}

function shapeProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || Array.isArray(value))
    return 'This is no object: a manifest has apiVersion, kind and metadata';
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'apiVersion is missing';
  if (typeof kind !== 'string' || kind === '') return 'kind is missing';
  return metadata !== null && typeof metadata === 'object' ? undefined : 'metadata is missing';
}

/** The texts between lines of `---` that have more than comments. */
function splitDocuments(text: string): { source: string; line: number }[] {
  const parts: { source: string; line: number }[] = [];
  let lines: string[] = [];
  let start = 1;
  const end = (next: number): void => {
    parts.push({ source: lines.join('\n'), line: start });
    lines = [];
    start = next;
  };
  for (const [i, line] of text.split('\n').entries()) {
    if (/^---(\s|$)/.test(line)) end(i + 2);
    else lines.push(line);
  }
  end(0);
  return parts.filter(({ source }) => source.split('\n').some((line) => /^\s*[^\s#]/.test(line)));
}
