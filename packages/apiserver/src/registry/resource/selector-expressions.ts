import type { DeviceClaim, DeviceClass, DeviceSelector } from '@typernetes/api/resource/v1';
import { messageOf } from '@typernetes/base';
import { costLimits, deviceSelectorCost } from '@typernetes/cel';
import { type FieldProblem, forbiddenValue, invalidValue } from '@typernetes/machinery';

/** Upstream's limit; for a longer expression, only that is reported. */
const maxExpressionLength = 10 * 1024;

/** Invalid or too costly device selectors. */
export const classSelectorProblems = ({ spec }: DeviceClass): FieldProblem[] =>
  problemsOf(spec.selectors, 'spec.selectors');

/** `path` is that of the claim's devices. */
export function claimSelectorProblems(devices: DeviceClaim | undefined, path: string): FieldProblem[] {
  return (devices?.requests ?? []).flatMap(({ exactly, firstAvailable = [] }, i) => {
    const at = `${path}.requests[${i}]`;
    return [
      ...problemsOf(exactly?.selectors, `${at}.exactly.selectors`),
      ...firstAvailable.flatMap(({ selectors }, j) => problemsOf(selectors, `${at}.firstAvailable[${j}].selectors`)),
    ];
  });
}

function problemsOf(selectors: readonly DeviceSelector[] | undefined, path: string): FieldProblem[] {
  return (selectors ?? []).flatMap(({ cel }, i) => {
    if (!cel || cel.expression.length > maxExpressionLength) return [];
    const at = `${path}[${i}].cel.expression`;
    try {
      const tooMuch = deviceSelectorCost(cel.expression) > costLimits.perCall;
      return tooMuch ? [forbiddenValue(at, 'too complex, exceeds cost limit')] : [];
    } catch (error) {
      const isSyntax = error instanceof Error && error.name === 'CelCompileError';
      return [invalidValue(at, cel.expression, `${isSyntax ? 'compilation failed: ' : ''}${messageOf(error)}`)];
    }
  });
}
