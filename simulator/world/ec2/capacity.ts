/** How an instance is paid for; the words of the world's own functions. */
export type Market = 'onDemand' | 'spot';

/** Where EC2 has no capacity: an empty list means all types or zones, no market means both. */
export interface CapacityError {
  readonly instanceTypes: readonly string[];
  readonly availabilityZones: readonly string[];
  readonly market: Market | undefined;
}

/** One instance type in one Availability Zone, in one market: EC2's capacity pool. */
export interface CapacityPool {
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly market: Market;
}

/** What EC2 can launch at the moment. Unless told otherwise, everything. */
export interface Capacity {
  /** From now on launches there fail, until the returned function is called. */
  readonly setError: (error: CapacityError) => () => void;
  has(pool: CapacityPool): boolean;
}

const names = (list: readonly string[], name: string): boolean => list.length === 0 || list.includes(name);

const covers = (it: CapacityError, pool: CapacityPool): boolean =>
  names(it.instanceTypes, pool.instanceType) &&
  names(it.availabilityZones, pool.availabilityZone) &&
  (it.market ?? pool.market) === pool.market;

export const createCapacity = (): Capacity => {
  const errors = new Set<CapacityError>();
  return {
    setError: (error) => {
      const mine = { ...error };
      errors.add(mine);
      return () => {
        errors.delete(mine);
      };
    },
    has: (pool) => {
      for (const it of errors) if (covers(it, pool)) return false;
      return true;
    },
  };
};
