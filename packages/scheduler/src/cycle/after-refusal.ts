import type { PostFilterResult, RefusedCycle, SchedulerPlugin } from '../framework/plugin.ts';

/**
 * Asks the plugins one after the other to make room for a pod that fits no node, until one does or fails. Otherwise
 * returns all their messages.
 */
export function afterRefusal(
  plugins: readonly SchedulerPlugin[],
  cycle: RefusedCycle,
  before: PostFilterResult = { message: '' },
): PostFilterResult | Promise<PostFilterResult> {
  const [plugin, ...others] = plugins;
  if (!plugin) return before;
  const next = (result: PostFilterResult): PostFilterResult | Promise<PostFilterResult> => {
    if (result.nominate || result.fails) return result;
    const message = [before.message, result.message].filter((one) => one !== '').join(', ');
    const nominate = result.nominate ?? before.nominate;
    return afterRefusal(others, cycle, { message, ...(nominate === undefined ? {} : { nominate }) });
  };
  const result = plugin.postFilter?.(cycle) ?? { message: '' };
  return result instanceof Promise ? result.then(next) : next(result);
}
