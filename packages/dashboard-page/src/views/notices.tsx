import type { Clock } from '@typernetes/base';
import { useCallback, useState } from 'preact/hooks';

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'ok' | 'bad';
}

const shownMs = 8_000;

/** What is to be said for a while, and a way to say something. */
export function useNotices(clock: Clock): [readonly Notice[], (text: string, tone?: 'ok' | 'bad') => void] {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const tell = useCallback(
    (text: string, tone: 'ok' | 'bad' = 'ok') => {
      const notice = { id: clock.monotonic(), text, tone };
      setNotices((all) => [...all, notice]);
      clock.after(shownMs, () => setNotices((all) => all.filter((one) => one !== notice)));
    },
    [clock],
  );
  return [notices, tell];
}

export function Notices({ notices }: { readonly notices: readonly Notice[] }) {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.map(({ id, text, tone }) => (
        <p key={id} class={tone}>
          {text}
        </p>
      ))}
    </div>
  );
}
