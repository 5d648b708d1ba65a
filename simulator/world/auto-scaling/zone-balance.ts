/** What a group's zones hold, as far as evening them out goes. */
export interface ZoneCount {
  readonly zone: string;
  readonly count: number;
  /** Instances there that may be terminated for it. */
  readonly movable: number;
  /** False for a zone that is no longer the group's: all of it is to go. */
  readonly isOwn: boolean;
}

/** Zones count as even while no two differ by more than one instance. (Assumed: the guide says equivalent numbers.) */
const tolerance = 1;

/**
 * Into which zone each move of an instance goes until the zones are even, as far as there are instances to move.
 * Empty when they are even.
 */
export const movesToEven = (zones: readonly ZoneCount[]): readonly string[] => {
  const counts = zones.map((it) => ({ ...it }));
  const moves: string[] = [];
  for (;;) {
    const emptiest = counts.filter((it) => it.isOwn).reduce<ZoneCount | undefined>(least, undefined);
    const fullest = counts
      .filter((it) => it.movable > 0 && it.zone !== emptiest?.zone)
      .reduce<ZoneCount | undefined>(most, undefined);
    if (emptiest === undefined || fullest === undefined) return moves;
    if (fullest.isOwn && fullest.count - emptiest.count <= tolerance) return moves;
    moves.push(emptiest.zone);
    for (const it of counts) {
      if (it.zone === emptiest.zone) it.count++;
      if (it.zone === fullest.zone) {
        it.count--;
        it.movable--;
      }
    }
  }
};

const least = (a: ZoneCount | undefined, b: ZoneCount): ZoneCount => (a === undefined || b.count < a.count ? b : a);

/** Zones that are no longer the group's come first. */
const most = (a: ZoneCount | undefined, b: ZoneCount): ZoneCount => {
  if (a === undefined) return b;
  if (a.isOwn !== b.isOwn) return a.isOwn ? b : a;
  return b.count > a.count ? b : a;
};
