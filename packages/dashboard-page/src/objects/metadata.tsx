import type { ApiObject } from '@typernetes/machinery';
import { resourceName } from '../api/resource.ts';
import { Age, Fact, ObjectLink, Part } from '../views/marks.tsx';
import { PlainTable } from '../views/plain-table.tsx';
import { useSurroundings } from '../views/surroundings.ts';

/** What every object has. */
export function MetadataFacts({ object }: { readonly object: ApiObject }) {
  const { catalogue } = useSurroundings();
  const { namespace, labels, annotations, ownerReferences = [], finalizers = [], ...metadata } = object.metadata;
  return (
    <dl class="facts">
      <Fact name="Namespace">{namespace}</Fact>
      <Fact name="Made">
        <Age time={metadata.creationTimestamp} /> ago <span class="dim">{metadata.creationTimestamp}</span>
      </Fact>
      <Fact name="Deletion asked for">{metadata.deletionTimestamp}</Fact>
      <Fact name="Owned by">
        {ownerReferences.length === 0
          ? null
          : ownerReferences.map(({ apiVersion = '', kind = '', name = '', uid }) => {
              const resource = catalogue.ofKind(apiVersion, kind);
              return (
                <span key={uid}>
                  {kind}{' '}
                  {resource ? (
                    <ObjectLink
                      resource={resourceName(resource)}
                      namespace={resource.namespaced ? namespace : ''}
                      name={name}
                    />
                  ) : (
                    name
                  )}{' '}
                </span>
              );
            })}
      </Fact>
      <Fact name="Finalizers">{finalizers.join(', ')}</Fact>
      <Fact name="Labels">{pairs(labels)}</Fact>
      <Fact name="Annotations">{pairs(annotations)}</Fact>
      <Fact name="UID">{metadata.uid}</Fact>
      <Fact name="Resource version">{metadata.resourceVersion}</Fact>
    </dl>
  );
}

function pairs(texts: Readonly<Record<string, string>> = {}) {
  const entries = Object.entries(texts).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration');
  if (entries.length === 0) return null;
  return (
    <ul class="pairs">
      {entries.map(([name, value]) => (
        <li key={name}>
          <span class="dim">{name}</span>
          {value === '' ? '' : `=${value}`}
        </li>
      ))}
    </ul>
  );
}

interface WithConditions {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** Conditions, as most kinds have them. */
export function Conditions({ object }: { readonly object: ApiObject }) {
  const { conditions } = (object as WithConditions).status ?? {};
  if (!Array.isArray(conditions) || conditions.length === 0) return null;
  return (
    <Part title="Conditions">
      <PlainTable columns={['Type', 'Status', 'Since', 'Reason', 'Message']}>
        {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
          <tr key={type}>
            <th scope="row">{type}</th>
            <td>{status}</td>
            <td>
              <Age time={lastTransitionTime} />
            </td>
            <td>{reason}</td>
            <td class={message ? 'message' : ''}>{message}</td>
          </tr>
        ))}
      </PlainTable>
    </Part>
  );
}
