import { describe, expect, it } from '@jest/globals';
import { driftOf, settledTasks } from '../../lib/mirror/drift.ts';
import { folded, instanceChange, instancesIn, merge, taskChange, tasksIn } from '../../lib/mirror/mirror.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { instance, now, task } from '../support/builders.ts';

const earlier = now - 10 * minuteMs;
const during = { from: now - 1_000, at: now };

const [a, b] = [instance(1, { runningTasksCount: 1 }), instance(2, { pendingTasksCount: 1 })];

const mirror = folded([
  instanceChange(a, earlier),
  instanceChange(b, earlier),
  taskChange(task(11, 1), earlier),
  taskChange(task(21, 2, { lastStatus: 'PENDING' }), earlier),
]);

/** ECS counts it no more. */
const stopping = task(22, 2, { desiredStatus: 'STOPPED' });
const withStopping = merge(mirror, [folded([taskChange(stopping, earlier)])], now);

describe('driftOf', () => {
  it('finds nothing where both are alike', () => {
    const none = { changes: [], instancesToList: [], tasksToDescribe: [], drifted: 0 };
    expect(driftOf(mirror, [a, b], during)).toEqual(none);
  });

  it('finds an instance that nobody told of, and takes it', () => {
    const isNew = instance(3, { registeredAt: now - 1_000 });
    expect(driftOf(mirror, [a, b, isNew], during)).toMatchObject({ changes: [instanceChange(isNew, now)], drifted: 0 });
    const isOld = instance(3, { runningTasksCount: 1 });
    expect(driftOf(mirror, [a, b, isOld], during)).toMatchObject({ instancesToList: [isOld.arn], drifted: 1 });
  });

  it('finds one that is no more, and what the mirror has on it', () => {
    const drift = driftOf(withStopping, [a], during);
    expect(drift.tasksToDescribe).toEqual([task(21, 2).arn, stopping.arn]);
    expect(drift.drifted).toBe(1);
    expect(instancesIn(merge(mirror, [folded(drift.changes)], now))).toEqual([a]);
  });

  it('leaves what was heard after the listing began', () => {
    const news = folded([instanceChange(instance(4), now), taskChange(task(41, 4), now)]);
    const drift = driftOf(merge(mirror, [news], now), [a, b], during);
    expect(drift).toEqual({ changes: [], instancesToList: [], tasksToDescribe: [], drifted: 0 });
  });

  it('lists the tasks of an instance that has another number of them', () => {
    const missed = { ...a, runningTasksCount: 2 };
    expect(driftOf(mirror, [missed, b], during)).toMatchObject({ instancesToList: [a.arn], drifted: 1 });
  });

  it('takes a newer version for news on its way, not for drift', () => {
    const newer = { ...a, version: a.version + 1, runningTasksCount: 2 };
    expect(driftOf(mirror, [newer, b], during)).toEqual({
      instancesToList: [a.arn],
      tasksToDescribe: [],
      changes: [instanceChange(newer, now)],
      drifted: 0,
    });
  });
});

describe('driftOf a mirror with tasks that no instance counts', () => {
  const waits = taskChange(task(31, undefined), earlier);
  const justAsked = taskChange(task(32, undefined), now - 10_000);
  it('does not count those that are stopping, and asks whether they have stopped', () => {
    expect(driftOf(withStopping, [a, b], during)).toMatchObject({
      tasksToDescribe: [stopping.arn],
      instancesToList: [],
      drifted: 0,
    });
  });

  it('asks about those that have waited for a while: whether one still does, no instance shows', () => {
    const waiting = merge(mirror, [folded([waits, justAsked])], now);
    expect(driftOf(waiting, [a, b], during)).toMatchObject({ tasksToDescribe: [waits.arn], drifted: 0 });
  });
});

describe('what raised no version', () => {
  it('is taken as it is described, and no drift', () => {
    const tagged = { ...a, attributes: { ...a.attributes, stack: 'blue' } };
    const drift = driftOf(mirror, [tagged, b], during);
    expect(drift).toMatchObject({ drifted: 0, instancesToList: [] });
    expect(merge(mirror, [folded(drift.changes)], now).instances.get(a.arn)?.value).toEqual(tagged);
  });
});

describe('settledTasks', () => {
  it('ends what is not listed, and takes what is', () => {
    const changes = settledTasks([task(11, 1)], [task(12, 1)], mirror, during);
    const after = tasksIn(merge(mirror, [folded(changes)], now)).map((it) => it.arn);
    expect(after.sort()).toEqual([task(12, 1).arn, task(21, 2).arn]);
  });

  it('leaves what was heard after the listing began', () => {
    const heard = merge(mirror, [folded([taskChange(task(13, 1), now)])], now);
    expect(settledTasks([task(13, 1)], [], heard, during)).toEqual([]);
  });
});
