import type { ElasticityScore } from './score.ts';

/** A level that holds from its time until the next one's. */
export interface Level {
  readonly atMs: number;
  readonly instances: number;
}

/** Moves of supply and demand are compared over steps of this length: longer than an instance takes to boot. */
const instabilityStepMs = 5 * 60_000;

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * part) / whole : 0);

/** Demand in whole instances: a bound of 2.3 cannot be met by fewer than 3. */
const whole = (instances: number): number => Math.ceil(instances - 1e-9);

/**
 * How closely supply follows demand, by SPEC-RG-2016-01 (Herbst and others, "Ready for rain?"). Both are levels that
 * change at points in time; demand is known beforehand.
 */
export class Elasticity {
  private readonly demand: readonly Level[];
  private readonly startMs: number;
  private now: number;
  private next = 0;
  private wanted = 0;
  private supply = 0;
  private nextStepAt: number;
  private before: { readonly supply: number; readonly demand: number } | undefined;
  private comparedMs = 0;
  private readonly areas = { under: 0, over: 0, underMs: 0, overMs: 0, unstableMs: 0 };

  constructor(demand: readonly Level[], startMs: number) {
    this.demand = demand;
    this.startMs = startMs;
    this.now = startMs;
    this.nextStepAt = startMs + instabilityStepMs; // the instances a scenario begins with are nobody's decision
  }

  /** The demand at the time that was last settled, in fractions of instances. */
  get demanded(): number {
    return this.wanted;
  }

  /** Lets time pass at the present supply. */
  settle(to: number): void {
    while (this.now < to || this.nextChangeAt() <= to) {
      const at = Math.min(to, this.nextChangeAt(), this.nextStepAt);
      this.pass(at);
      if (at === this.nextChangeAt()) this.wanted = this.demand[this.next++]?.instances ?? 0;
      else if (at === this.nextStepAt) this.compare(at);
      else return;
    }
  }

  set(at: number, supply: number): void {
    this.settle(at);
    this.supply = supply;
  }

  figures(now: number): ElasticityScore {
    this.settle(now);
    const elapsed = now - this.startMs;
    const { under, over, underMs, overMs, unstableMs } = this.areas;
    return {
      underAccuracy: percent(under, elapsed),
      overAccuracy: percent(over, elapsed),
      underTimeshare: percent(underMs, elapsed),
      overTimeshare: percent(overMs, elapsed),
      instability: percent(unstableMs, this.comparedMs),
    };
  }

  private nextChangeAt(): number {
    return this.demand[this.next]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** While nothing is demanded, supply is measured against one instance. */
  private pass(at: number): void {
    const ms = at - this.now;
    if (ms <= 0) return;
    const demand = whole(this.wanted);
    const lack = demand - this.supply;
    if (lack > 0) {
      this.areas.under += (lack / demand) * ms;
      this.areas.underMs += ms;
    }
    if (lack < 0) {
      this.areas.over += (-lack / Math.max(1, demand)) * ms;
      this.areas.overMs += ms;
    }
    this.now = at;
  }

  /** Unlike: one rose, and the other fell or stood still. */
  private compare(at: number): void {
    const demand = whole(this.wanted);
    if (this.before !== undefined) {
      this.comparedMs += instabilityStepMs;
      const unlike = Math.sign(this.supply - this.before.supply) !== Math.sign(demand - this.before.demand);
      if (unlike) this.areas.unstableMs += instabilityStepMs;
    }
    this.before = { supply: this.supply, demand };
    this.nextStepAt = at + instabilityStepMs;
  }
}
