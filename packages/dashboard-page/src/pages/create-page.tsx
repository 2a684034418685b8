import { reasonOf, type StatusError } from '@typernetes/machinery';
import { useState } from 'preact/hooks';
import { create } from '../actions/changes.ts';
import { resourceName } from '../api/resource.ts';
import { failureText } from '../facts/words.ts';
import { ObjectLink } from '../views/marks.tsx';
import { useSurroundings } from '../views/surroundings.ts';
import { YamlEditor } from '../views/yaml-editor.tsx';
import { problemsAt } from '../yaml/field-problems.ts';
import { type Document, documentsOf, type YamlProblem } from '../yaml/text.ts';

interface Made {
  readonly resource: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Makes objects of YAML: every document is tried by the server before the first is made. */
export function CreatePage() {
  const { connection, catalogue, place } = useSurroundings();
  const [text, setText] = useState('');
  const [problems, setProblems] = useState<readonly YamlProblem[]>([]);
  const [made, setMade] = useState<readonly Made[]>([]);
  const [isBusy, setBusy] = useState(false);
  const namespace = place.namespace || 'default';

  const send = async ({ object, line }: Document, dryRun: boolean): Promise<Made | YamlProblem[]> => {
    const resource = catalogue.ofKind(object.apiVersion ?? '', object.kind ?? '');
    if (!resource) return [{ message: `no matches for kind "${object.kind}" in version "${object.apiVersion}"`, line }];
    try {
      const version = (object.apiVersion ?? '').split('/').at(-1) ?? '';
      const { path, call } = create({ ...resource, version }, object, { dryRun, namespace });
      const { metadata } = await connection.json<typeof object>(path, call);
      return {
        resource: resourceName(resource),
        kind: resource.kind,
        namespace: metadata.namespace,
        name: metadata.name ?? '',
      };
    } catch (error) {
      if (reasonOf(error) === undefined) return [{ message: failureText(error), line }];
      const source =
        text
          .split('\n')
          .slice(line - 1)
          .join('\n')
          .split(/^---/m)[0] ?? '';
      return problemsAt(error as StatusError, source, line).map((one) => ({ ...one, line: one.line || line }));
    }
  };
  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      setMade([]);
      const read = await documentsOf(text);
      if ('problem' in read) return setProblems([read.problem]);
      const tried = await Promise.all(read.documents.map((document) => send(document, true)));
      const wrong = tried.filter((one) => Array.isArray(one)).flat();
      // What is in a namespace that the same text makes cannot be tried before that is there.
      const isSerious = wrong.some(({ message }) => !isOfNewNamespace(message, read.documents));
      setProblems(isSerious ? wrong : []);
      if (isSerious) return;
      for (const document of read.documents) {
        const result = await send(document, false);
        if (Array.isArray(result)) return setProblems(result);
        setMade((all) => [...all, result]);
      }
      setText('');
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="create">
      <h1>Create from YAML</h1>
      <p class="dim">
        Several documents are parted by lines of <code>---</code>. What names no namespace goes into <b>{namespace}</b>.
      </p>
      <YamlEditor
        label="Objects as YAML"
        text={text}
        problems={problems}
        changed={(next) => {
          setText(next);
          setProblems([]);
        }}
      />
      <div class="choices">
        <label class="button">
          Open a file
          <input
            type="file"
            class="unseen"
            accept=".yaml,.yml,.json"
            onChange={({ currentTarget }) => void currentTarget.files?.[0]?.text().then(setText)}
          />
        </label>
        <button type="button" class="main" disabled={isBusy || text.trim() === ''} onClick={() => void submit()}>
          Create
        </button>
      </div>
      <ul class="made" role="status">
        {made.map(({ resource, kind, namespace, name }) => (
          <li key={`${resource} ${namespace} ${name}`}>
            {kind} <ObjectLink {...{ resource, namespace, name }} /> was made
          </li>
        ))}
      </ul>
    </div>
  );
}

function isOfNewNamespace(message: string, documents: readonly Document[]): boolean {
  const [, name] = /namespaces? "([^"]+)" not found/.exec(message) ?? [];
  return documents.some(({ object }) => object.kind === 'Namespace' && object.metadata.name === name);
}
