import { useState } from 'preact/hooks';
import { logIn, type Session } from '../api/connection.ts';
import { failureText } from '../facts/words.ts';

interface LoginProperties {
  readonly fetch: typeof window.fetch;
  /** Why one has to log in, where there is something to say. */
  readonly said: string;
  readonly entered: (session: Session) => void;
}

/** Asks for a bearer token. The page does not keep it: from here on it is in a cookie that no script can read. */
export function Login({ fetch, said, entered }: LoginProperties) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState(said);
  const [isAsking, setAsking] = useState(false);
  const enter = async (event: Event): Promise<void> => {
    event.preventDefault();
    setAsking(true);
    try {
      entered(await logIn(fetch, token.trim()));
    } catch (error) {
      setProblem(refusalText(error));
      setAsking(false);
    }
  };
  return (
    <main class="login">
      <form onSubmit={(event) => void enter(event)}>
        <h1>Dashboard</h1>
        <p>Log in with a bearer token. You may do here what its user may do in the cluster.</p>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          aria-invalid={problem !== ''}
          aria-describedby="problem"
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <p id="problem" class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="main" disabled={isAsking || token.trim() === ''}>
          Log in
        </button>
        <details>
          <summary>Where do I get a token?</summary>
          <p>A service account has one, for an hour when nothing else is said:</p>
          <pre>kubectl create token NAME --namespace NAMESPACE</pre>
        </details>
      </form>
    </main>
  );
}

function refusalText(error: unknown): string {
  const isUnknown = error instanceof Error && (error as { code?: number }).code === 401;
  return isUnknown ? 'The cluster does not accept this token: it is wrong, or has expired.' : failureText(error);
}
