import type { Bin, Candidate, Shape } from './shapes.ts';

/** Instances of one kind register a little more or less than each other. */
const slack = 1.05;

const hasRoomOf = ({ room }: Bin, candidate: Candidate): boolean =>
  Array.from(room.claims).every((it) => candidate.room.claims.has(it)) &&
  room.networkInterfaces >= candidate.room.networkInterfaces &&
  room.ebsVolumes >= candidate.room.ebsVolumes &&
  (['cpuUnits', 'memoryMiB', 'gpus'] as const).every(
    (it) => room[it] >= candidate.room[it] && room[it] <= candidate.room[it] * slack,
  );

const servesLike = (bin: Bin, candidate: Candidate, shapes: readonly Shape[]): boolean =>
  shapes.every((it) => !it.mayUseCandidate(candidate) || it.mayUseBin(bin));

/**
 * The empty instances that are as good as new ones of a candidate, by candidate id, in the order given. Packing may
 * count them as launched already: then what was launched for a demand, and has yet to register or to be filled, is
 * given the same tasks when the same demand is packed again, and nothing more is launched.
 */
export const binsAsNew = (
  bins: readonly Bin[],
  candidates: readonly Candidate[],
  shapes: readonly Shape[],
): ReadonlyMap<string, readonly Bin[]> => {
  const found = new Map<string, Bin[]>(candidates.map((it) => [it.id, []]));
  for (const bin of bins) {
    const like = candidates.find((it) => hasRoomOf(bin, it) && servesLike(bin, it, shapes));
    if (like !== undefined) found.get(like.id)?.push(bin);
  }
  return found;
};
