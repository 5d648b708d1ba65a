import { describe, expect, it } from '@jest/globals';
import { scenarioOf, serviceOf, ToldWorld } from './told-world.ts';

const fewer = 'Scaling activity initiated by (deployment ecs-svc/1)';

const started = (tasks: number, minimumHealthyPercent = 100): ToldWorld => {
  const it = new ToldWorld(scenarioOf({ services: [serviceOf('api', { minimumHealthyPercent })] }));
  it.count('api', 0, tasks).boot('i-1', 'i-2', 'i-3');
  for (let n = 1; n <= tasks; n++) it.runOn('i-1', `api-${n}`);
  return it;
};

/** Drains the instance of a task; a replacement starts on another, and then the task stops. */
const move = (it: ToldWorld, task: string, from: string, replacement: string, to: string, caller?: string): ToldWorld =>
  it.drain(from, caller).runOn(to, replacement).stop(task).end(task);

describe('tasks moved', () => {
  it('are those stopped because their instance drains', () => {
    const it = move(started(1).at(10), 'api-1', 'i-1', 'api-2', 'i-2');

    expect(it.at(20).read().score.disruption).toEqual({ tasksMoved: 1, tasksMovedTwice: 0, interruptedTaskSeconds: 0 });
  });

  it('are those that lose their instance', () => {
    const it = started(2).at(10).gone('i-1', { kind: 'fault', fault: 'killed' }, ['arn:api-1', 'arn:api-2']);

    expect(it.at(11).end('api-1').end('api-2').read().score.disruption.tasksMoved).toBe(2);
  });

  it('are not those that a service no longer wants, that had not run yet, or that a restored instance keeps', () => {
    const it = started(2).at(10).want('api-3').place('api-3', 'i-1').drain('i-1');
    it.count('api', 2, 1).stop('api-1', fewer).stop('api-3').restore('i-1').at(20).stop('api-2', 'deployed anew');

    expect(it.read().score.disruption.tasksMoved).toBe(0);
  });

  it('are moved twice where the replacement moves within half an hour, as the documentation says', () => {
    const it = move(started(1).at(10), 'api-1', 'i-1', 'api-2', 'i-2');
    move(it.at(39), 'api-2', 'i-2', 'api-3', 'i-3');

    expect(it.read().score.disruption).toMatchObject({ tasksMoved: 2, tasksMovedTwice: 1 });
  });

  it('are not moved twice after half an hour', () => {
    const it = move(started(1).at(10), 'api-1', 'i-1', 'api-2', 'i-2');
    move(it.at(40), 'api-2', 'i-2', 'api-3', 'i-3');

    expect(it.read().score.disruption).toMatchObject({ tasksMoved: 2, tasksMovedTwice: 0 });
  });

  it.each([
    ['first', 'workload', 'controller'],
    ['second', 'controller', 'workload'],
  ])('are not moved twice by the controller where a person asked for the %s drain', (_which, first, second) => {
    const it = move(started(1).at(10), 'api-1', 'i-1', 'api-2', 'i-2', first);
    move(it.at(20), 'api-2', 'i-2', 'api-3', 'i-3', second);

    expect(it.read().score.disruption).toMatchObject({ tasksMoved: 2, tasksMovedTwice: 0 });
  });

  it.each(['i-1', 'i-2'])('are not moved twice by the controller where EC2 takes %s back anyway', (id) => {
    const it = move(started(1).at(10).warn(id), 'api-1', 'i-1', 'api-2', 'i-2');
    move(it.at(20), 'api-2', 'i-2', 'api-3', 'i-3');

    expect(it.read().score.disruption).toMatchObject({ tasksMoved: 2, tasksMovedTwice: 0 });
  });

  it('hand their past on to the replacement of a replacement that never ran', () => {
    const it = started(1).at(10).drain('i-1').want('api-2').place('api-2', 'i-2').end('api-2').place('api-2', 'i-2');
    it.run('api-2').stop('api-1').end('api-1');
    move(it.at(20), 'api-2', 'i-2', 'api-3', 'i-3');

    expect(it.read().score.disruption.tasksMovedTwice).toBe(1);
  });

  it('do not mark a task that the service was given beside them', () => {
    const it = started(1).at(9).count('api', 1, 2).runOn('i-2', 'api-9');
    move(it.at(10), 'api-1', 'i-1', 'api-2', 'i-3');
    it.at(20).drain('i-2').stop('api-9');

    expect(it.read().score.disruption).toMatchObject({ tasksMoved: 2, tasksMovedTwice: 0 });
  });
});

describe('interrupted task-seconds', () => {
  it('run from the stop to the RUNNING of the replacement, as the documentation says', () => {
    const it = started(2).at(10).gone('i-1', { kind: 'fault', fault: 'killed' }, ['arn:api-1', 'arn:api-2']);
    it.at(11).want('api-3', 'api-4').place('api-3', 'i-2').place('api-4', 'i-2').run('api-3').at(13).run('api-4');

    expect(it.at(20).read().score.disruption.interruptedTaskSeconds).toBe(60 + 180);
  });

  it('leave out what the minimum healthy percent allows', () => {
    const it = started(4, 50).at(10).drain('i-1').stop('api-1').stop('api-2').stop('api-3');
    it.want('api-5', 'api-6', 'api-7').at(12).place('api-5', 'i-2').run('api-5');

    // Two may be missing: of three that were stopped one counts, until one is replaced.
    expect(it.at(20).read().score.disruption.interruptedTaskSeconds).toBe(120);
  });

  it('do not count the growth of a service', () => {
    const it = started(2).at(10).count('api', 2, 6).want('api-3', 'api-4', 'api-5', 'api-6');

    expect(it.at(20).read().score.disruption.interruptedTaskSeconds).toBe(0);
  });

  it('end where the task is no longer wanted', () => {
    const it = started(2).at(10).gone('i-1', { kind: 'fault', fault: 'killed' }, ['arn:api-1', 'arn:api-2']);
    it.at(11).count('api', 2, 0);

    expect(it.at(20).read().score.disruption.interruptedTaskSeconds).toBe(120);
  });

  it('go on where the replacement is withdrawn and asked for again', () => {
    const it = started(1).at(10).gone('i-1', { kind: 'fault', fault: 'killed' }, ['arn:api-1']);
    it.at(11).want('api-2').withdraw('api-2').at(12).want('api-3').place('api-3', 'i-2').at(13).run('api-3');

    expect(it.at(20).read().score.disruption.interruptedTaskSeconds).toBe(180);
  });
});
