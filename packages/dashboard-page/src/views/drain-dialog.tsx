import type { Pod } from '@typernetes/api/core/v1';
import { type ApiObject, isNotFound } from '@typernetes/machinery';
import { useEffect, useState } from 'preact/hooks';
import { evict, setCordoned } from '../actions/changes.ts';
import { known, pathOf } from '../api/resource.ts';
import { planDrain } from '../facts/drain-plan.ts';
import { failureText } from '../facts/words.ts';
import { Dialog } from './dialog.tsx';
import { useObjects } from './live.ts';
import { Failure } from './marks.tsx';
import { useSurroundings } from './surroundings.ts';

/** How long until a pod that may not go yet is asked again, in milliseconds; kubectl's. */
const againMs = 5_000;

interface DrainDialogProperties {
  readonly node: ApiObject;
  readonly close: () => void;
}

/** Cordons the node and has its pods go, as fast as disruption budgets allow. It goes on as long as the dialog is there. */
export function DrainDialog({ node, close }: DrainDialogProperties) {
  const { connection, clock } = useSurroundings();
  const live = useObjects<Pod>({ path: pathOf(known.pods), fieldSelector: `spec.nodeName=${node.metadata.name}` });
  const [alsoUnmanaged, setUnmanaged] = useState(false);
  const [alsoData, setData] = useState(false);
  const [pods, setPods] = useState<readonly Pod[]>();
  const [said, setSaid] = useState<Readonly<Record<string, string>>>({});
  const [failure, setFailure] = useState('');
  const plan = planDrain(live.entries);
  useEffect(() => {
    if (!pods) return;
    const gone = new AbortController();
    const { signal } = gone;
    const say = (pod: Pod, text: string): void => setSaid((now) => ({ ...now, [pod.metadata.uid]: text }));
    const evictOne = async (pod: Pod): Promise<void> => {
      const { path, call } = evict(pod);
      while (!signal.aborted) {
        try {
          await connection.json(path, { ...call, signal });
          return say(pod, 'going');
        } catch (error) {
          if (signal.aborted || isNotFound(error)) return;
          if ((error as { code?: number }).code !== 429) return say(pod, failureText(error));
          say(pod, `waits: ${failureText(error)}`);
          await clock.sleep(againMs, signal).catch(() => undefined);
        }
      }
    };
    const drain = async (): Promise<void> => {
      const { path, call } = setCordoned(node, true);
      await connection.json(path, { ...call, signal });
      await Promise.all(pods.map(evictOne));
    };
    drain().catch((error: unknown) => signal.aborted || setFailure(failureText(error)));
    return () => gone.abort();
  }, [pods]);
  const present = new Set(live.entries.map(({ metadata }) => metadata.uid));
  const left = (pods ?? []).filter(({ metadata }) => present.has(metadata.uid));
  const chosen = [...plan.evict, ...(alsoUnmanaged ? plan.unmanaged : []), ...(alsoData ? plan.withData : [])];
  return (
    <Dialog title={`Drain ${node.metadata.name}`} close={close}>
      {failure === '' ? null : <Failure text={failure} />}
      {live.state === 'failed' ? <Failure text={failureText(live.error)} /> : null}
      {pods ? (
        <>
          <p role="status">
            {left.length > 0 ? `${left.length} of ${pods.length} pods are still here.` : 'Its pods have gone.'}
          </p>
          <ul class="troubles">
            {left.map(({ metadata: { uid, namespace, name } }) => (
              <li key={uid}>
                {namespace}/{name} <span class="dim">{said[uid] ?? ''}</span>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <>
          <p>No new pods come here, and {counted(plan.evict.length)} made anew elsewhere.</p>
          {plan.stay.length > 0 ? (
            <p class="dim">{plan.stay.length} of DaemonSets and of the node itself stay.</p>
          ) : null}
          {plan.withData.length > 0 ? (
            <label class="check">
              <input
                type="checkbox"
                checked={alsoData}
                onChange={({ currentTarget }) => setData(currentTarget.checked)}
              />
              Also {plan.withData.length} with data in emptyDir volumes, which is lost
            </label>
          ) : null}
          {plan.unmanaged.length > 0 ? (
            <label class="check">
              <input
                type="checkbox"
                checked={alsoUnmanaged}
                onChange={({ currentTarget }) => setUnmanaged(currentTarget.checked)}
              />
              Also {plan.unmanaged.length} that nobody makes anew
            </label>
          ) : null}
        </>
      )}
      <div class="choices">
        <button type="button" onClick={close}>
          {pods ? 'Close' : 'Cancel'}
        </button>
        {pods ? null : (
          <button type="button" class="danger" disabled={live.state !== 'live'} onClick={() => setPods(chosen)}>
            Drain
          </button>
        )}
      </div>
    </Dialog>
  );
}

const counted = (pods: number): string => (pods === 1 ? '1 pod is' : `${pods} pods are`);
