import type { JsonObject } from '@typernetes/machinery';
import { encodeYaml } from '../printing/yaml.ts';
import type { Building } from './building.ts';
import { ForeignFieldError, type Kustomization } from './kustomization.ts';

/** Charts are built by the program, and only when it is asked for. Throws in either case. */
export function checkCharts({ charts }: Pick<Building, 'charts'>): never {
  if (!charts) throw new Error('must specify --enable-helm');
  throw new ForeignFieldError(
    'field "helmCharts" of a kustomization is left to the program "kustomize", which is not on the PATH: install it',
  );
}

/** What the old field calls what the new one has. */
const newNames: Readonly<Record<string, string>> = {
  chartName: 'name',
  chartVersion: 'version',
  chartRepoUrl: 'repo',
  values: 'valuesFile',
  valuesLocal: 'valuesInline',
  valuesMerge: 'valuesMerge',
  releaseName: 'releaseName',
  releaseNamespace: 'namespace',
};

/** Throws when the kustomization has charts. */
export function refuseCharts(kustomization: Kustomization, building: Building): void {
  const { helmCharts = [], helmChartInflationGenerator: old = [], helmGlobals = {} } = kustomization;
  const [first] = [
    ...helmCharts,
    ...old.map((chart) =>
      Object.fromEntries(
        Object.entries(chart).flatMap(([name, value]) => (newNames[name] ? [[newNames[name], value]] : [])),
      ),
    ),
  ];
  if (!first) return;
  const said: JsonObject = { ...helmGlobals, ...first };
  try {
    checkCharts(building);
  } catch (error) {
    if (error instanceof ForeignFieldError) throw error;
    throw new Error(`trouble configuring builtin HelmChartInflationGenerator with config: \`\n${encodeYaml(said)}\``, {
      cause: error,
    });
  }
}
