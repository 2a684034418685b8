import type { Secret } from '@typernetes/api/core/v1';
import { useState } from 'preact/hooks';
import { textOfBase64 } from '../facts/words.ts';
import { Fact, Part } from '../views/marks.tsx';

/** What is secret is shown when it is asked for, one at a time. */
export const SecretFacts = ({ secret }: { readonly secret: Secret }) => (
  <>
    <dl class="facts">
      <Fact name="Type">{secret.type}</Fact>
      <Fact name="Immutable">{secret.immutable ? 'yes' : null}</Fact>
    </dl>
    <Part title="Data">
      {Object.entries(secret.data ?? {}).map(([name, data]) => (
        <Hidden key={name} name={name} data={String(data)} />
      ))}
      {Object.keys(secret.data ?? {}).length === 0 ? <p class="none">There is nothing in it.</p> : null}
    </Part>
  </>
);

function Hidden({ name, data }: { readonly name: string; readonly data: string }) {
  const [isShown, setShown] = useState(false);
  const text = isShown ? textOfBase64(data) : undefined;
  return (
    <div class="secret">
      <h3>
        {name} <small class="dim">{lengthOf(data)} bytes</small>
      </h3>
      <button type="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? 'Hide' : 'Show'}
      </button>
      {isShown ? <pre>{text ?? `These bytes are no text; in base64: ${data}`}</pre> : null}
    </div>
  );
}

const lengthOf = (base64: string): number => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
