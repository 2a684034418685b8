import type { StatusError } from '@typernetes/machinery';
import type { ComponentChildren } from 'preact';
import type { Entry, Live } from '../api/live-list.ts';
import { formatPlace, type Route } from '../facts/route.ts';
import type { Verdict } from '../facts/verdict.ts';
import { ageOf, failureText } from '../facts/words.ts';
import { useNow } from './live.ts';
import { useSurroundings } from './surroundings.ts';

/** Something went wrong, plainly. */
export const Failure = ({ text }: { readonly text: string }) => (
  <p class="failure" role="alert">
    {text}
  </p>
);

/** A word on how something is; colour is not the only sign. */
export const Mark = ({ verdict: { tone, word } }: { readonly verdict: Verdict }) => (
  <span class={`mark ${tone}`}>{word}</span>
);

/** The word, and below it why. */
export const Explained = ({ verdict }: { readonly verdict: Verdict }) => (
  <>
    <Mark verdict={verdict} />
    {verdict.why.map((text) => (
      <p key={text} class="why">
        {text}
      </p>
    ))}
  </>
);

/** What a list that is followed has to say beside its entries. */
export function LiveState({ live, what }: { readonly live: Live<Entry>; readonly what: string }) {
  if (live.state === 'failed') return <Failure text={failureText(live.error as StatusError)} />;
  if (live.state === 'stale') return <p class="stale">No longer live, trying again: {failureText(live.error)}</p>;
  if (live.state === 'loading')
    return <p class="wait">{live.error ? `Trying again: ${failureText(live.error)}` : 'Loading …'}</p>;
  return live.entries.length === 0 ? <p class="none">There are no {what}.</p> : null;
}

/** How long ago, with the time itself when one asks. */
export function Age({ time }: { readonly time: string | undefined }) {
  const now = useNow();
  return <time title={time}>{ageOf(time, now)}</time>;
}

interface LinkProperties {
  readonly to: Route;
  readonly class?: string;
  readonly 'aria-current'?: 'page' | undefined;
  readonly children: ComponentChildren;
}

/** Leads to another place in the same namespace. */
export function Link({ to, children, ...rest }: LinkProperties) {
  const { place } = useSurroundings();
  return (
    <a href={formatPlace({ route: to, namespace: place.namespace, parameters: {} })} {...rest}>
      {children}
    </a>
  );
}

interface ObjectLinkProperties {
  /** `pods`, `deployments.apps` */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  /** What is written there instead of the name. */
  readonly label?: string;
}

export const ObjectLink = ({ resource, namespace = '', name, label = name }: ObjectLinkProperties) => (
  <Link to={{ page: 'object', resource, namespace, name, tab: '' }}>{label}</Link>
);

/** A term and what it is. Nothing is shown of what there is nothing of. */
export function Fact({ name, children }: { readonly name: string; readonly children?: ComponentChildren }) {
  if (children === undefined || children === null || children === '' || children === false) return null;
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A part of a page with its heading. */
export const Part = ({ title, children }: { readonly title: string; readonly children: ComponentChildren }) => (
  <section class="part" aria-label={title}>
    <h2>{title}</h2>
    {children}
  </section>
);
