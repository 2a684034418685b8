import { type ApiObject, isConflict, reasonOf, type StatusError } from '@typernetes/machinery';
import { useEffect, useState } from 'preact/hooks';
import { replace } from '../actions/changes.ts';
import { pathOf, type Resource, resourceName } from '../api/resource.ts';
import { failureText } from '../facts/words.ts';
import { carriedOver } from '../yaml/carried-over.ts';
import { problemsAt } from '../yaml/field-problems.ts';
import { documentsOf, type YamlProblem, yamlOf } from '../yaml/text.ts';
import { Difference } from './difference.tsx';
import { useSurroundings } from './surroundings.ts';
import { YamlEditor } from './yaml-editor.tsx';

interface Editing {
  /** What the edit began with. */
  readonly base: ApiObject;
  readonly text: string;
  readonly problems: readonly YamlProblem[];
  /** What the server would make of it: shown before it is done. */
  readonly trial?: { readonly object: ApiObject; readonly before: string; readonly after: string };
  /** Somebody else has changed it meanwhile. */
  readonly isConflict: boolean;
}

/** The object as YAML; edited in two steps: the server tries it first, and shows what would change. */
export function YamlTab({ resource, object }: { readonly resource: Resource; readonly object: ApiObject }) {
  const [text, setText] = useState('');
  const [base, setBase] = useState<ApiObject>();
  const [showsSecret, setShowsSecret] = useState(resourceName(resource) !== 'secrets');
  const version = object.metadata.resourceVersion;
  // A version says all of an object
  useEffect(() => {
    let isCurrent = true;
    void yamlOf(object).then((yaml) => isCurrent && setText(yaml));
    return () => {
      isCurrent = false;
    };
  }, [object.metadata.uid, version]);
  if (!showsSecret)
    return (
      <p>
        The YAML has the secret in it.{' '}
        <button type="button" onClick={() => setShowsSecret(true)}>
          Show it
        </button>
      </p>
    );
  if (base) return <Edit resource={resource} object={base} text={text} leave={() => setBase(undefined)} />;
  return (
    <>
      <div class="actions">
        {resource.verbs.includes('update') ? (
          <button type="button" onClick={() => setBase(object)}>
            Edit
          </button>
        ) : null}
        <button type="button" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>
      </div>
      <pre class="yaml">{text}</pre>
    </>
  );
}

interface EditProperties {
  readonly resource: Resource;
  readonly object: ApiObject;
  readonly text: string;
  readonly leave: () => void;
}

function Edit({ resource, object, text, leave }: EditProperties) {
  const { connection, tell } = useSurroundings();
  const [editing, setEditing] = useState<Editing>({ base: object, text, problems: [], isConflict: false });

  const fail = (error: unknown): void => {
    if (isConflict(error)) setEditing((now) => ({ ...now, isConflict: true, problems: [] }));
    else {
      const problems =
        reasonOf(error) === undefined
          ? [{ message: failureText(error), line: 0 }]
          : problemsAt(error as StatusError, editing.text);
      setEditing(({ trial: _tried, ...now }) => ({ ...now, problems }));
    }
  };
  const review = async (): Promise<void> => {
    const read = await documentsOf(editing.text);
    const problem =
      'problem' in read
        ? read.problem
        : sameObjectProblem(
            read.documents.map(({ object }) => object),
            object,
          );
    if (problem || 'problem' in read) return setEditing((now) => ({ ...now, problems: problem ? [problem] : [] }));
    const edited = read.documents[0]?.object as ApiObject;
    try {
      const { path, call } = replace(resource, edited, { dryRun: true });
      const tried = await connection.json<ApiObject>(path, call);
      const [before, after] = await Promise.all([
        yamlOf(editing.base),
        yamlOf({ ...tried, apiVersion: edited.apiVersion, kind: edited.kind } as ApiObject),
      ]);
      setEditing((now) => ({ ...now, problems: [], isConflict: false, trial: { object: edited, before, after } }));
    } catch (error) {
      fail(error);
    }
  };
  const save = async (edited: ApiObject): Promise<void> => {
    try {
      const { path, call } = replace(resource, edited, { dryRun: false });
      await connection.json(path, call);
      tell('Saved');
      leave();
    } catch (error) {
      fail(error);
    }
  };
  /** The changes, put upon what the object is now. */
  const carryOver = async (): Promise<void> => {
    try {
      const { namespace, name } = object.metadata;
      const current = await connection.json<ApiObject>(pathOf(resource, { namespace, name }));
      const read = await documentsOf(editing.text);
      const edited = 'problem' in read ? undefined : read.documents[0]?.object;
      const next = edited ? carriedOver({ base: editing.base, edited, current }) : current;
      setEditing({ base: current, text: await yamlOf(next), problems: [], isConflict: false });
    } catch (error) {
      fail(error);
    }
  };

  if (editing.isConflict)
    return (
      <div class="conflict" role="alert">
        <p>It has been changed since you began. Your changes can be put upon what it is now, to be looked at again.</p>
        <div class="choices">
          <button type="button" onClick={leave}>
            Drop my changes
          </button>
          <button type="button" class="main" onClick={() => void carryOver()}>
            Go on with the newer version
          </button>
        </div>
      </div>
    );
  const { trial } = editing;
  if (trial)
    return (
      <>
        <h2>The server accepts this. What changes:</h2>
        <Difference before={trial.before} after={trial.after} />
        <div class="choices">
          <button type="button" onClick={() => setEditing(({ trial: _tried, ...now }) => now)}>
            Back to the text
          </button>
          <button type="button" class="main" onClick={() => void save(trial.object)}>
            Save
          </button>
        </div>
      </>
    );
  return (
    <>
      <YamlEditor
        label={`${resource.kind} as YAML`}
        text={editing.text}
        problems={editing.problems}
        changed={(text) => setEditing((now) => ({ ...now, text, problems: [] }))}
      />
      <div class="choices">
        <button type="button" onClick={leave}>
          Cancel
        </button>
        <button type="button" class="main" onClick={() => void review()}>
          Review
        </button>
      </div>
    </>
  );
}

function sameObjectProblem(objects: readonly ApiObject[], { kind, metadata }: ApiObject): YamlProblem | undefined {
  const [object, ...others] = objects;
  if (others.length > 0) return { message: 'One object is edited at a time', line: 0 };
  const isSame =
    object?.kind === kind &&
    object?.metadata.name === metadata.name &&
    object?.metadata.namespace === metadata.namespace;
  return isSame ? undefined : { message: 'Kind, name and namespace stay: create another object instead', line: 0 };
}
