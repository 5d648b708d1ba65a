import type { AutoScalingGroup } from '../../model/auto-scaling-group.ts';
import type { ContainerInstance } from '../../model/container-instance.ts';
import type { Task } from '../../model/task.ts';
import { compare } from '../../placement/packing/shapes.ts';
import type { Site } from '../../placement/site.ts';
import { pricePerHour } from '../supply.ts';
import type { View } from '../view.ts';
import { workOn, workTasksOn } from '../work.ts';

/** An instance that may be emptied as far as all rules but room and worth say. */
export interface Candidate {
  readonly instance: ContainerInstance;
  readonly group: AutoScalingGroup;
}

/** What it would save to be without an instance, and what it would disturb. */
export interface Weighed extends Candidate {
  /** Those that would have to move: all but daemons. */
  readonly tasks: readonly Task[];
  /** Dollars an hour, or what stands in for them. */
  readonly price: number;
  /** 1 for the instance itself, and 1 for each task that moves. */
  readonly disturbance: number;
}

/** What all present instances cost and would disturb together. */
export interface Totals {
  readonly price: number;
  readonly disturbance: number;
}

/** A price that is no number, or below nothing, saves nothing. */
const priceOf = (view: View, group: string | undefined, it: ContainerInstance): number => {
  const price = pricePerHour(view, group, it.registered);
  return Number.isFinite(price) && price > 0 ? price : 0;
};

export const weigh = (view: View, { instance, group }: Candidate): Weighed => {
  const tasks = workTasksOn(view, instance);
  return { instance, group, tasks, price: priceOf(view, group.name, instance), disturbance: 1 + tasks.length };
};

export const totalsOf = (view: View, present: readonly Site[]): Totals => {
  let price = 0;
  let disturbance = 0;
  for (const { id } of present) {
    const it = view.instanceByEc2Id.get(id);
    if (it === undefined) continue;
    price += priceOf(view, view.membershipByEc2Id.get(id)?.group.name, it);
    disturbance += 1 + workOn(view, it);
  }
  return { price, disturbance };
};

/**
 * Saving as a share of what the cluster's instances cost, by disturbance as a share of what moving all their tasks would
 * be: 1 is an instance like the average. Karpenter's balanced consolidation judges by the same ratio, and asks for 1/k
 * with k = 2: an instance may take up to twice its share of disturbance. Of all pairs of instances its authors looked at,
 * a higher k let instances be replaced over and over, and k = 1 let none be replaced (karpenter,
 * designs/balanced-consolidation.md). 0 where nothing has a price.
 */
export const scoreOf = (saving: number, disturbance: number, totals: Totals): number =>
  totals.price > 0 && disturbance > 0 ? (saving * totals.disturbance) / (totals.price * disturbance) : 0;

/** Most saved for each task that moves first. */
export const byScore = (a: Weighed, b: Weighed): number =>
  b.price * a.disturbance - a.price * b.disturbance || compare(a.instance.arn, b.instance.arn);

const usedShare = ({ registered, remaining }: ContainerInstance): number =>
  Math.max(
    registered.cpuUnits > 0 ? 1 - remaining.cpuUnits / registered.cpuUnits : 0,
    registered.memoryMiB > 0 ? 1 - remaining.memoryMiB / registered.memoryMiB : 0,
  );

/** Least used first, by the resource that is used most. */
export const byUse = (a: Weighed, b: Weighed): number =>
  usedShare(a.instance) - usedShare(b.instance) || compare(a.instance.arn, b.instance.arn);

export const totalPrice = (its: readonly Weighed[]): number => its.reduce((sum, it) => sum + it.price, 0);

export const totalDisturbance = (its: readonly Weighed[]): number => its.reduce((sum, it) => sum + it.disturbance, 0);
