import { nameSuffix, systemRandom, timestamp } from '@typernetes/base';
import type { ApiObject } from '@typernetes/machinery';
import { useState } from 'preact/hooks';
import { type Change, type Propagation, remove, scale } from '../actions/changes.ts';
import { actionsFor } from '../actions/offered.ts';
import { type Resource, resourceName } from '../api/resource.ts';
import { failureText } from '../facts/words.ts';
import { Dialog } from './dialog.tsx';
import { DrainDialog } from './drain-dialog.tsx';
import { useSurroundings } from './surroundings.ts';

/** Makes changes, and says what has come of them. */
export function useChanges(): (change: Change, done: string) => Promise<boolean> {
  const { connection, tell } = useSurroundings();
  return async ({ path, call }, done) => {
    try {
      await connection.json(path, call);
      tell(done);
      return true;
    } catch (error) {
      tell(failureText(error), 'bad');
      return false;
    }
  };
}

/** What can be done to the object. */
export function ActionBar({ resource, object }: { readonly resource: Resource; readonly object: ApiObject }) {
  const { clock } = useSurroundings();
  const make = useChanges();
  const [asked, setAsked] = useState<'delete' | 'drain' | 'scale'>();
  const surroundings = { now: timestamp(clock.now()), suffix: nameSuffix(5, systemRandom) };
  const close = (): void => setAsked(undefined);
  return (
    <div class="actions">
      {actionsFor(resource, object, surroundings).map(({ label, done, change }) => (
        <button key={label} type="button" onClick={() => void make(change, done)}>
          {label}
        </button>
      ))}
      {resource.subresources.includes('scale') ? (
        <button type="button" onClick={() => setAsked('scale')}>
          Scale
        </button>
      ) : null}
      {resourceName(resource) === 'nodes' ? (
        <button type="button" onClick={() => setAsked('drain')}>
          Drain …
        </button>
      ) : null}
      {resource.verbs.includes('delete') ? (
        <button type="button" class="danger" onClick={() => setAsked('delete')}>
          Delete
        </button>
      ) : null}
      {asked === 'scale' ? <ScaleDialog {...{ resource, object, close }} /> : null}
      {asked === 'drain' ? <DrainDialog node={object} close={close} /> : null}
      {asked === 'delete' ? <DeleteDialog {...{ resource, object, close }} /> : null}
    </div>
  );
}

interface AskProperties {
  readonly resource: Resource;
  readonly object: ApiObject;
  readonly close: () => void;
}

function ScaleDialog({ resource, object, close }: AskProperties) {
  const make = useChanges();
  const { spec } = object as { spec?: { replicas?: number } };
  const [replicas, setReplicas] = useState(String(spec?.replicas ?? 1));
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const isDone = await make(scale(resource, object, Number(replicas)), `Scaled to ${replicas}`);
    if (isDone) close();
  };
  return (
    <Dialog title={`Scale ${object.metadata.name}`} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <label class="check">
          Replicas
          <input
            type="number"
            min={0}
            step={1}
            required
            value={replicas}
            onInput={({ currentTarget }) => setReplicas(currentTarget.value)}
          />
        </label>
        <div class="choices">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="main">
            Scale
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const propagations: readonly (readonly [Propagation, string])[] = [
  ['Background', 'What it owns goes after it'],
  ['Foreground', 'What it owns goes before it'],
  ['Orphan', 'What it owns stays'],
];

function DeleteDialog({ resource, object, close }: AskProperties) {
  const make = useChanges();
  const [propagation, setPropagation] = useState<Propagation>('Background');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const isDone = await make(
      remove(resource, object, propagation),
      `${resource.kind} ${object.metadata.name} is deleted`,
    );
    if (isDone) close();
  };
  return (
    <Dialog title={`Delete ${resource.kind} ${object.metadata.name}?`} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <p>{object.metadata.namespace ? `In namespace ${object.metadata.namespace}. ` : ''}This cannot be undone.</p>
        <fieldset>
          <legend>And what it owns</legend>
          {propagations.map(([value, label]) => (
            <label key={value} class="check">
              <input
                type="radio"
                name="propagation"
                checked={propagation === value}
                onChange={() => setPropagation(value)}
              />
              {label} <small class="dim">{value}</small>
            </label>
          ))}
        </fieldset>
        <div class="choices">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="danger">
            Delete
          </button>
        </div>
      </form>
    </Dialog>
  );
}
