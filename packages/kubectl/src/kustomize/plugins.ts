import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import { ForeignFieldError, type GeneratorEntry, type PatchEntry } from './kustomization.ts';
import type { Replacement } from './replacements.ts';
import type { Manifest } from './resource.ts';

/** What one of the built-in generators and transformers that are understood here is told in a file. */
export type Plugin =
  | { readonly kind: 'generator'; readonly makes: 'ConfigMap' | 'Secret'; readonly entry: GeneratorEntry }
  | { readonly kind: 'patches'; readonly patches: readonly PatchEntry[] }
  | { readonly kind: 'replacements'; readonly replacements: readonly Replacement[] };

/** What the text of a file, or of the kustomization itself, configures. Throws {@link ForeignFieldError} for what is left to the program. */
export function pluginsOf(text: string): Plugin[] {
  return decodeDocuments(text, { plainBooleans: true }).filter(isJsonObject).map(pluginOf);
}

function pluginOf(document: JsonObject): Plugin {
  const { apiVersion, kind, metadata, ...settings } = document as Manifest;
  const of = settings as JsonObject;
  if (apiVersion === 'builtin')
    switch (kind) {
      case 'ConfigMapGenerator':
      case 'SecretGenerator': {
        const entry = { ...of, name: metadata.name, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) };
        return { kind: 'generator', makes: kind === 'SecretGenerator' ? 'Secret' : 'ConfigMap', entry };
      }
      case 'PatchTransformer':
        return { kind: 'patches', patches: [of as PatchEntry] };
      case 'PatchJson6902Transformer': {
        const { jsonOp, path, target } = of as { jsonOp?: string; path?: string; target?: object };
        return {
          kind: 'patches',
          patches: [{ ...(jsonOp ? { patch: jsonOp } : {}), ...(path ? { path } : {}), ...(target ? { target } : {}) }],
        };
      }
      case 'ReplacementTransformer':
        return { kind: 'replacements', replacements: (of.replacements ?? []) as Replacement[] };
      default:
    }
  throw new ForeignFieldError(
    `${JSON.stringify(kind)} of a kustomization is left to the program "kustomize", which is not on the PATH: install it`,
  );
}
