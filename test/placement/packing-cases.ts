import fc from 'fast-check';
import type { Bin, Candidate, Packing, Shape } from '../../lib/placement/pack.ts';
import { portKey } from '../../lib/placement/requirements.ts';
import { roomOf } from '../../lib/placement/room.ts';

/** What is packed: the three arguments of `pack`. */
export interface PackingCase {
  readonly shapes: readonly Shape[];
  readonly bins: readonly Bin[];
  readonly candidates: readonly Candidate[];
}

const anyone = () => true;

/** `count` tasks that may go anywhere. */
export const shape = (
  id: string,
  [cpuUnits, memoryMiB]: readonly [number, number],
  count: number,
  overrides: Partial<Shape['requirements']> = {},
): Shape => ({
  id,
  count,
  requirements: { cpuUnits, memoryMiB, gpus: 0, hostPorts: [], networkInterfaces: 0, ...overrides },
  mayUseBin: anyone,
  mayUseCandidate: anyone,
});

export const candidate = (
  id: string,
  [cpuUnits, memoryMiB]: readonly [number, number],
  {
    price = 1,
    available = 1_000,
    ...rest
  }: { price?: number; available?: number; gpus?: number; networkInterfaces?: number } = {},
): Candidate => ({ id, room: roomOf({ cpuUnits, memoryMiB }, rest), price, available });

export const bin = (
  id: string,
  [cpuUnits, memoryMiB]: readonly [number, number],
  ports: readonly string[] = [],
): Bin => ({
  id,
  kind: 'active',
  room: roomOf({ cpuUnits, memoryMiB }, { claims: new Set(ports) }),
});

const sizes = [64, 102, 128, 256, 300, 512, 700, 1024, 1536, 2048, 3000];
const memories = [100, 128, 256, 512, 900, 1024, 2048, 3000, 4096, 7000];

/** Four kinds of instance of common proportions, priced by size with some noise. */
const kinds: readonly (readonly [string, readonly [number, number]])[] = [
  ['c-large', [2048, 3700]],
  ['m-large', [2048, 7600]],
  ['m-xlarge', [4096, 15_400]],
  ['r-xlarge', [4096, 31_200]],
];

export interface Limits {
  /** Most tasks of a case. */
  readonly tasks: number;
  readonly bins: number;
  /** Fewest launches that each candidate has room for. */
  readonly available: number;
}

const withPermissions = (mask: number): Pick<Shape, 'mayUseBin' | 'mayUseCandidate'> => ({
  mayUseBin: ({ id }) => mask % 3 !== 0 || Number(id.replace(/\D/g, '')) % 2 === 0,
  mayUseCandidate: ({ id }) => (mask & (1 << kinds.findIndex(([name]) => name === id))) !== 0,
});

const shapes = (limits: Limits): fc.Arbitrary<readonly Shape[]> =>
  fc
    .array(
      fc.record({
        cpuUnits: fc.constantFrom(...sizes),
        memoryMiB: fc.constantFrom(...memories),
        count: fc.integer({ min: 1, max: Math.max(1, Math.floor(limits.tasks / 2)) }),
        mask: fc.oneof(
          { weight: 3, arbitrary: fc.constant(31) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 31 }) },
        ),
        port: fc.option(fc.constantFrom(80, 443), { freq: 8, nil: undefined }),
        gpus: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(1, 2) }),
        networkInterfaces: fc.constantFrom(0, 0, 1),
      }),
      { minLength: 1, maxLength: Math.min(limits.tasks, 8) },
    )
    .map((all) => {
      let left = limits.tasks;
      return all.flatMap(({ cpuUnits, memoryMiB, count, mask, port, gpus, networkInterfaces }, n): readonly Shape[] => {
        const taken = Math.min(left, count);
        left -= taken;
        if (taken === 0) return [];
        const hostPorts = port === undefined ? [] : [{ protocol: 'tcp', port } as const];
        const plain = shape(`shape-${n}`, [cpuUnits, memoryMiB], taken, { hostPorts, gpus, networkInterfaces });
        return [mask === 31 ? plain : { ...plain, ...withPermissions(mask) }];
      });
    });

const candidates = (limits: Limits): fc.Arbitrary<readonly Candidate[]> =>
  fc.tuple(
    ...kinds.map(([id, size]) =>
      fc
        .record({
          noise: fc.integer({ min: 80, max: 120 }),
          available: fc.integer({ min: limits.available, max: limits.available + 20 }),
          gpus: fc.constantFrom(0, 0, 0, 4),
          networkInterfaces: fc.constantFrom(2, 3, 10, 1_000),
        })
        .map(({ noise, available, gpus, networkInterfaces }) => {
          const price = (size[0] / 1024) * 0.035 + (size[1] / 1024) * 0.004 + gpus * 0.2;
          return candidate(id, size, {
            available,
            gpus,
            networkInterfaces,
            price: Math.round(price * noise * 10) / 1_000,
          });
        }),
    ),
  );

const bins = (limits: Limits): fc.Arbitrary<readonly Bin[]> =>
  fc
    .array(
      fc.record({
        cpuUnits: fc.integer({ min: 0, max: 4096 }),
        memoryMiB: fc.integer({ min: 0, max: 15_400 }),
        ports: fc.subarray(['tcp/80', 'tcp/443']),
        asNew: fc.option(fc.constantFrom(...kinds), { nil: undefined }),
      }),
      { maxLength: limits.bins },
    )
    .map((all) =>
      all.map(({ cpuUnits, memoryMiB, ports, asNew }, n) =>
        asNew === undefined ? bin(`i-${n}`, [cpuUnits, memoryMiB], ports) : bin(`i-${n}`, asNew[1]),
      ),
    );

/** Cases with every kind of limit: sizes, GPUs, ports, permissions, launches. */
export const packingCases = (limits: Limits): fc.Arbitrary<PackingCase> =>
  fc.record({ shapes: shapes(limits), bins: bins(limits), candidates: candidates(limits) });

export const costOf = ({ launches }: Packing, all: readonly Candidate[]): number =>
  all.reduce((sum, it) => sum + it.price * (launches[it.id] ?? 0), 0);

export const unplacedOf = ({ unplaced }: Packing): number => Object.values(unplaced).reduce((sum, it) => sum + it, 0);

/**
 * Why a packing is not one, or undefined: adds up, place by place and task by task, what it claims to fit. Knows
 * nothing of how it was made.
 */
export const faultOf = (given: PackingCase, { placements, launches, unplaced }: Packing): string | undefined => {
  const byPlace = Map.groupBy(placements, (it) => it.bin);
  for (const [place, its] of byPlace) {
    const existing = given.bins.find((it) => it.id === place);
    const kind = given.candidates.find((it) => it.id === its[0]?.candidate);
    const room = existing?.room ?? kind?.room;
    if (room === undefined) return `${place} does not exist`;
    if (kind !== undefined && Number(place.split('#')[1]) > (launches[kind.id] ?? 0)) return `${place} is not launched`;
    const left = {
      cpuUnits: room.cpuUnits,
      memoryMiB: room.memoryMiB,
      gpus: room.gpus,
      networkInterfaces: room.networkInterfaces,
    };
    const ports = new Set(room.claims);
    for (const placement of its) {
      const its = given.shapes.find((it) => it.id === placement.shape);
      if (its === undefined) return `${placement.shape} does not exist`;
      const allowed =
        existing === undefined ? kind !== undefined && its.mayUseCandidate(kind) : its.mayUseBin(existing);
      if (!allowed) return `${its.id} may not go to ${place}`;
      for (const key of ['cpuUnits', 'memoryMiB', 'gpus', 'networkInterfaces'] as const)
        left[key] -= its.requirements[key] * placement.count;
      for (const port of its.requirements.hostPorts.map(portKey)) {
        if (ports.has(port) || placement.count > 1) return `${port} is claimed twice on ${place}`;
        ports.add(port);
      }
    }
    if (Object.values(left).some((it) => it < 0)) return `${place} holds more than it has room for`;
  }
  for (const it of given.candidates)
    if ((launches[it.id] ?? 0) > it.available) return `${it.id} is launched more often than it may be`;
  for (const it of given.shapes) {
    const placed = placements.filter(({ shape }) => shape === it.id).reduce((sum, { count }) => sum + count, 0);
    if (placed + (unplaced[it.id] ?? 0) !== it.count) return `the tasks of ${it.id} do not add up`;
  }
  return undefined;
};
