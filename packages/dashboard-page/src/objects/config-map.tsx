import type { ConfigMap } from '@typernetes/api/core/v1';
import { Fact, Part } from '../views/marks.tsx';

export const ConfigMapFacts = ({ configMap }: { readonly configMap: ConfigMap }) => (
  <>
    <dl class="facts">
      <Fact name="Immutable">{configMap.immutable ? 'yes' : null}</Fact>
      <Fact name="Binary">{Object.keys(configMap.binaryData ?? {}).join(', ')}</Fact>
    </dl>
    <Part title="Data">
      {Object.entries(configMap.data ?? {}).map(([name, text]) => (
        <div key={name}>
          <h3>{name}</h3>
          <pre>{text}</pre>
        </div>
      ))}
      {Object.keys(configMap.data ?? {}).length === 0 ? <p class="none">There is nothing in it.</p> : null}
    </Part>
  </>
);
