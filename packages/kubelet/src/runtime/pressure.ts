/** How long somebody waited for a resource: in microseconds altogether, and in per cent of the last 10, 60 and 300 seconds. */
export interface PressureTimes {
  readonly total: number;
  readonly avg10: number;
  readonly avg60: number;
  readonly avg300: number;
}

/** Of one resource: when some waited, and when all of them did. */
export interface Pressure {
  readonly some: PressureTimes;
  readonly full: PressureTimes;
}

/** By resource, as the kernel knows them; see Documentation/accounting/psi.rst. */
export type Pressures = Readonly<Record<'cpu' | 'memory' | 'io', Pressure>>;

/** Reads all of them; undefined unless every one is there. `read` gives the kernel's text on a resource. */
export async function readPressures(
  read: (resource: keyof Pressures) => Promise<string | undefined>,
): Promise<Pressures | undefined> {
  const [cpu, memory, io] = await Promise.all([read('cpu'), read('memory'), read('io')]);
  if (cpu === undefined || memory === undefined || io === undefined) return undefined;
  return { cpu: pressureIn(cpu), memory: pressureIn(memory), io: pressureIn(io) };
}

function pressureIn(text: string): Pressure {
  const of = (who: string): PressureTimes => {
    const line = new RegExp(`^${who} .*$`, 'm').exec(text)?.[0] ?? '';
    const value = (name: string): number => Number(new RegExp(` ${name}=([\\d.]+)`).exec(line)?.[1] ?? 0);
    return { total: value('total'), avg10: value('avg10'), avg60: value('avg60'), avg300: value('avg300') };
  };
  return { some: of('some'), full: of('full') };
}
