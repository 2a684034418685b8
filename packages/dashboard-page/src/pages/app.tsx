import { systemClock } from '@typernetes/base';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { connection, currentSession, logOut, type Session } from '../api/connection.ts';
import { type Catalogue, discover } from '../api/discovery.ts';
import { formatPlace, type Place, parsePlace } from '../facts/route.ts';
import { failureText } from '../facts/words.ts';
import { Failure } from '../views/marks.tsx';
import { Notices, useNotices } from '../views/notices.tsx';
import { SurroundingsContext } from '../views/surroundings.ts';
import { Frame } from './frame.tsx';
import { Login } from './login.tsx';

/** The whole page: who is there, then what there is to see. */
export function App({ fetch }: { readonly fetch: typeof window.fetch }) {
  const [session, setSession] = useState<Session | 'unknown' | undefined>('unknown');
  const [failure, setFailure] = useState('');
  useEffect(() => {
    currentSession(fetch).then(setSession, (error: unknown) => {
      setFailure(failureText(error));
      setSession(undefined);
    });
  }, [fetch]);
  if (session === 'unknown') return <p class="wait">Loading …</p>;
  if (!session) return <Login fetch={fetch} said={failure} entered={setSession} />;
  const leave = (): void => {
    logOut(fetch).then(
      () => {
        setFailure('');
        setSession(undefined);
      },
      (error: unknown) => setFailure(failureText(error)),
    );
  };
  return (
    <Inside
      session={session}
      fetch={fetch}
      leave={leave}
      ended={() => {
        setFailure('Your token is no longer accepted: it may have expired. Log in again.');
        setSession(undefined);
      }}
    />
  );
}

interface InsideProperties {
  readonly session: Session;
  readonly fetch: typeof window.fetch;
  readonly leave: () => void;
  readonly ended: () => void;
}

function Inside({ session, fetch, leave, ended }: InsideProperties) {
  // `ended` does the same whichever it is.
  const api = useMemo(() => connection(session, { fetch, ended }), [session, fetch]);
  const [catalogue, setCatalogue] = useState<Catalogue>();
  const [failure, setFailure] = useState('');
  const [place, go] = usePlace();
  const [notices, tell] = useNotices(systemClock);
  useEffect(() => {
    discover(api).then(setCatalogue, (error: unknown) => setFailure(failureText(error)));
  }, [api]);
  if (failure !== '') return <Failure text={failure} />;
  if (!catalogue) return <p class="wait">Asking what the cluster serves …</p>;
  return (
    <SurroundingsContext.Provider value={{ connection: api, catalogue, clock: systemClock, place, go, tell }}>
      <Frame leave={leave} />
      <Notices notices={notices} />
    </SurroundingsContext.Provider>
  );
}

/** Where we are, by the address. */
function usePlace(): [Place, (place: Place, options?: { replace?: boolean }) => void] {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const follow = (): void => setPlace(parsePlace(location.hash));
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, []);
  const go = useCallback((next: Place, { replace = false }: { replace?: boolean } = {}) => {
    if (replace) {
      history.replaceState(null, '', formatPlace(next));
      setPlace(next);
    } else location.hash = formatPlace(next);
  }, []);
  return [place, go];
}
