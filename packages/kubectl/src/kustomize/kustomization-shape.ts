import type { Shape } from './shape.ts';

type Fields = Extract<Shape, { struct: string }>['fields'];

const fields = (shapes: Readonly<Record<string, Shape>>, inside?: string): Fields =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, inside === undefined ? { shape } : { shape, inside }]),
  );
const struct = (name: string, ...parts: Fields[]): Shape => ({ struct: name, fields: Object.assign({}, ...parts) });
const strings: Shape = { list: 'string' };
const words: Shape = { map: 'string' };
const listOf = (shape: Shape): Shape => ({ list: shape });

const kind = (inside: string): Fields => fields({ group: 'string', version: 'string', kind: 'string' }, inside);
const id = (inside: string): Fields => ({
  ...kind(`${inside}.Gvk`),
  ...fields({ name: 'string', namespace: 'string' }, inside),
});
const objectMeta = struct(
  'ObjectMeta',
  fields({ name: 'string', namespace: 'string', labels: words, annotations: words }),
);
const selector = struct('Selector', id('ResId'), fields({ annotationSelector: 'string', labelSelector: 'string' }));
const patch = struct('Patch', fields({ path: 'string', patch: 'string', target: selector, options: { map: 'bool' } }));
const fieldOptions = struct(
  'FieldOptions',
  fields({ delimiter: 'string', index: 'int', encoding: 'string', create: 'bool' }),
);
const replacement = struct(
  'ReplacementField',
  fields(
    {
      source: struct('SourceSelector', id('ResId'), fields({ fieldPath: 'string', options: fieldOptions })),
      sourceValue: 'string',
      targets: listOf(
        struct(
          'TargetSelector',
          fields({ select: selector, reject: listOf(selector), fieldPaths: strings, options: fieldOptions }),
        ),
      ),
    },
    'Replacement',
  ),
  fields({ path: 'string' }),
);
const generatorOptions = struct(
  'GeneratorOptions',
  fields({ labels: words, annotations: words, disableNameSuffixHash: 'bool', immutable: 'bool' }),
);
const generator = (name: string): Shape =>
  struct(
    name,
    fields({ namespace: 'string', name: 'string', behavior: 'string', options: generatorOptions }, 'GeneratorArgs'),
    fields({ literals: strings, files: strings, envs: strings, env: 'string' }, 'GeneratorArgs.KvPairSources'),
    name === 'SecretArgs' ? fields({ type: 'string' }) : {},
  );
const image = struct(
  'Image',
  fields({ name: 'string', newName: 'string', tagSuffix: 'string', newTag: 'string', digest: 'string' }),
);
const fieldSpec = struct('FieldSpec', kind('Gvk'), fields({ path: 'string', create: 'bool' }));
const chart: Readonly<Record<string, Shape>> = {
  releaseName: 'string',
  namespace: 'string',
  valuesFile: 'string',
  additionalValuesFiles: strings,
  valuesInline: 'any',
  valuesMerge: 'string',
  includeCRDs: 'bool',
  skipHooks: 'bool',
  apiVersions: strings,
  kubeVersion: 'string',
  nameTemplate: 'string',
  skipTests: 'bool',
  debug: 'bool',
  devel: 'bool',
};

/** What a kustomization of v5.7 may say. */
export const kustomizationShape: Shape = struct(
  'Kustomization',
  fields({ apiVersion: 'string', kind: 'string' }, 'TypeMeta'),
  fields({
    metadata: objectMeta,
    openapi: words,
    namePrefix: 'string',
    nameSuffix: 'string',
    namespace: 'string',
    commonLabels: words,
    labels: listOf(
      struct(
        'Label',
        fields({
          pairs: words,
          includeSelectors: 'bool',
          includeTemplates: 'bool',
          fields: listOf(fieldSpec),
        }),
      ),
    ),
    commonAnnotations: words,
    patchesStrategicMerge: strings,
    patchesJson6902: listOf(patch),
    patches: listOf(patch),
    images: listOf(image),
    imageTags: listOf(image),
    replacements: listOf(replacement),
    replicas: listOf(struct('Replica', fields({ name: 'string', count: 'int64' }))),
    vars: listOf(
      struct(
        'Var',
        fields({
          name: 'string',
          objref: struct('Target', fields({ apiVersion: 'string', name: 'string', namespace: 'string' }), kind('Gvk')),
          fieldref: struct('FieldSelector', fields({ fieldPath: 'string' })),
        }),
      ),
    ),
    sortOptions: struct(
      'SortOptions',
      fields({
        order: 'string',
        legacySortOptions: struct('LegacySortOptions', fields({ orderFirst: strings, orderLast: strings })),
      }),
    ),
    resources: strings,
    components: strings,
    crds: strings,
    bases: strings,
    configMapGenerator: listOf(generator('ConfigMapArgs')),
    secretGenerator: listOf(generator('SecretArgs')),
    helmGlobals: struct('HelmGlobals', fields({ chartHome: 'string', configHome: 'string' })),
    helmCharts: listOf(struct('HelmChart', fields({ name: 'string', version: 'string', repo: 'string', ...chart }))),
    helmChartInflationGenerator: listOf(
      struct(
        'HelmChartArgs',
        fields({
          chartName: 'string',
          chartVersion: 'string',
          chartRepoUrl: 'string',
          chartHome: 'string',
          chartRepoName: 'string',
          helmBin: 'string',
          helmHome: 'string',
          values: 'string',
          valuesLocal: 'any',
          valuesMerge: 'string',
          releaseName: 'string',
          releaseNamespace: 'string',
          extraArgs: strings,
        }),
      ),
    ),
    generatorOptions,
    configurations: strings,
    generators: strings,
    transformers: strings,
    validators: strings,
    buildMetadata: strings,
  }),
);
