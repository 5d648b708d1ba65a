import { describe, expect, it } from '@jest/globals';
import { groupOf, scenarioOf, serviceOf, ToldWorld } from './told-world.ts';

const churnOf = (it: ToldWorld) => it.read().score.churn;

describe('useless launches', () => {
  it('held no task and were terminated by who launched them', () => {
    const it = new ToldWorld().boot('i-1', 'i-2').runOn('i-1', 'api-1').stop('api-1').end('api-1');

    expect(churnOf(it.at(10).gone('i-1').gone('i-2'))).toMatchObject({ uselessLaunches: 1, withdrawnLaunches: 0 });
  });

  it.each([
    ['launched', 'workload', 'controller'],
    ['terminated', 'controller', 'workload'],
  ])('are not counted where somebody else %s them', (_what, launched, terminated) => {
    const it = new ToldWorld().launch('i-1', { caller: launched }).register('i-1').at(10).gone('i-1', terminated);

    expect(churnOf(it).uselessLaunches).toBe(0);
  });

  it('are counted by themselves where the group launched them in place of an instance that went', () => {
    const it = new ToldWorld().boot('i-1').launch('i-2', { inPlaceOf: 'i-1' }).register('i-2');
    it.launch('i-3', { inPlaceOf: 'i-1' }).register('i-3').runOn('i-3', 'api-1').stop('api-1').end('api-1');

    expect(churnOf(it.at(10).gone('i-2').gone('i-3'))).toMatchObject({ uselessLaunches: 0, unusedReplacements: 1 });
  });

  it('are told apart where a task they were for was withdrawn before they could help', () => {
    const it = new ToldWorld().want('api-1').at(1).launch('i-1').at(2).withdraw('api-1').at(3).register('i-1');

    expect(churnOf(it.at(10).gone('i-1'))).toMatchObject({ uselessLaunches: 0, withdrawnLaunches: 1 });
  });

  it('are not excused by what was withdrawn later, came later, or was refused', () => {
    const it = new ToldWorld().want('api-1').launch('i-1').at(1).want('api-2').at(2).withdraw('api-2');
    it.wantAlone('one').withdraw('one', 'noRoom').register('i-1').at(3).withdraw('api-1').at(10).gone('i-1');

    expect(churnOf(it)).toMatchObject({ uselessLaunches: 1, withdrawnLaunches: 0 });
  });
});

describe('regretted removals', () => {
  /** Two tasks on two instances; one goes, so does its instance, and minutes later it is wanted again. */
  const removed = (it: ToldWorld): ToldWorld =>
    it.count('api', 0, 4).boot('i-1', 'i-2').runOn('i-1', 'api-1', 'api-2').at(10).terminate('i-2').gone('i-2');

  it('are followed by a launch that they would have made unnecessary, as the documentation says', () => {
    const it = removed(new ToldWorld()).at(20).want('api-3', 'api-4').capacity(1, 2);

    expect(churnOf(it).regrettedRemovals).toBe(1);
  });

  it('are forgotten after 15 minutes', () => {
    const it = removed(new ToldWorld()).at(25.1).want('api-3').capacity(1, 2);

    expect(churnOf(it).regrettedRemovals).toBe(0);
  });

  it('are not to be blamed for more demand than there had been', () => {
    const it = removed(new ToldWorld()).at(20).count('api', 4, 5).want('api-3').capacity(1, 2);

    expect(churnOf(it).regrettedRemovals).toBe(0);
  });

  it('remember what was wanted within 15 minutes before', () => {
    const it = removed(new ToldWorld().count('api', 0, 5).at(5).count('api', 5, 0));

    expect(churnOf(it.at(20).count('api', 4, 5).want('api-3').capacity(1, 2)).regrettedRemovals).toBe(1);
  });

  it('are not to be blamed for what would not have fitted there', () => {
    const large = serviceOf('large', { size: { ...serviceOf('x').size, memoryMiB: 9_000 } });
    const it = removed(new ToldWorld(scenarioOf({ services: [serviceOf('api'), large] })));

    it.at(20).want('api-3', 'api-4', 'api-5').capacity(1, 2);
    expect(churnOf(it).regrettedRemovals).toBe(0);
  });

  it('are measured by what waits for each of several launches', () => {
    const it = removed(new ToldWorld()).at(20).want('api-3', 'api-4', 'api-5', 'api-6').capacity(1, 3);

    expect(churnOf(it).regrettedRemovals).toBe(1);
  });

  it('are blamed once, and only where something waits', () => {
    const it = removed(new ToldWorld()).at(18).capacity(1, 2).at(20).want('api-3').capacity(2, 3).capacity(3, 4);

    expect(churnOf(it).regrettedRemovals).toBe(1);
  });

  it('are not to be blamed for tasks that may not run there', () => {
    const services = [serviceOf('api', { groups: ['other'] })];
    const groups = [groupOf(), groupOf({ name: 'other' })];
    const it = removed(new ToldWorld(scenarioOf({ services, groups })))
      .at(20)
      .want('api-3')
      .capacity(1, 2);

    expect(churnOf(it).regrettedRemovals).toBe(0);
  });

  it('are the controller’s, of instances that had registered, followed by its own launches', () => {
    const it = new ToldWorld().count('api', 0, 4).boot('i-1', 'i-2', 'i-3').launch('i-4').at(10);
    it.terminate('i-2', 'workload').terminate('i-4').at(12).want('api-3').capacity(1, 2);
    it.terminate('i-3').capacity(1, 2, 'workload');

    expect(churnOf(it).regrettedRemovals).toBe(0);
  });
});

describe('removals that EC2 forces', () => {
  const warned = (): ToldWorld => new ToldWorld().count('api', 0, 4).boot('i-1', 'i-2', 'i-3').at(5).warn('i-2');

  it('are regretted by nobody', () => {
    const it = warned().at(6).terminateLowering(3, 'i-2').at(8).want('api-3').capacity(2, 3);

    expect(churnOf(it)).toMatchObject({ regrettedRemovals: 0, flaps: 0 });
  });

  it('make no flap with the launch that replaces them, before or after', () => {
    const it = warned().capacity(3, 4).at(6).terminateLowering(4, 'i-2').at(7).capacity(3, 4);

    expect(churnOf(it).flaps).toBe(0);
  });

  it('do not excuse one that the same call chose besides', () => {
    const it = warned().capacity(3, 4).at(6).terminateLowering(4, 'i-2', 'i-3');

    expect(churnOf(it).flaps).toBe(1);
  });

  it('make every warning a reason for another size', () => {
    const it = new ToldWorld().boot('i-1', 'i-2', 'i-3').at(5).terminateLowering(3, 'i-3').at(6).warn('i-2');

    expect(churnOf(it.capacity(2, 3)).flaps).toBe(0);
  });
});

describe('flaps', () => {
  it('are made by terminations that lower a size, as by any other change, once a call', () => {
    const it = new ToldWorld().boot('i-1', 'i-2', 'i-3').capacity(1, 3).at(5).terminateLowering(3, 'i-2', 'i-3');

    expect(churnOf(it).flaps).toBe(1);
  });

  it('are two size changes of opposite sign while nothing else was asked for', () => {
    const it = new ToldWorld().count('api', 0, 2).capacity(0, 2).at(5).capacity(2, 1).at(10).capacity(1, 2);

    expect(churnOf(it).flaps).toBe(2);
  });

  it('are not those after a change of demand, later than 15 minutes, of another group, or by somebody else', () => {
    const it = new ToldWorld().capacity(0, 2).at(1).count('api', 0, 1).capacity(2, 1).at(17).capacity(1, 2);
    it.capacity(2, 1, 'controller', 'h').capacity(3, 2, 'workload').capacity(2, 3);

    expect(churnOf(it).flaps).toBe(0);
  });

  it('see only the demand that may run in the group', () => {
    const services = [serviceOf('api', { groups: ['h'] })];
    const it = new ToldWorld(scenarioOf({ services, groups: [groupOf(), groupOf({ name: 'h' })] }));
    it.capacity(0, 2).at(1).count('api', 0, 1).capacity(2, 1);
    it.capacity(0, 2, 'controller', 'h').count('api', 1, 2).capacity(2, 1, 'controller', 'h');

    expect(churnOf(it).flaps).toBe(1);
  });
});

describe('calls', () => {
  it('are counted of the controller only, by operation', () => {
    const it = new ToldWorld().call('ecs', 'ListTasks').call('ecs', 'ListTasks', 'controller', 'ThrottlingException');
    it.call('ecs', 'RunTask', 'workload').call('autoscaling', 'SetDesiredCapacity', 'controller', 'ValidationError');

    expect(it.read().score.calls).toEqual({
      calls: 3,
      throttled: 1,
      byOperation: { 'autoscaling:SetDesiredCapacity': 1, 'ecs:ListTasks': 2 },
    });
  });
});

describe('safety', () => {
  it('counts what the controller stopped while it worked, and not what others did', () => {
    const it = new ToldWorld().boot('i-1', 'i-2', 'i-3', 'i-4');
    for (const n of [1, 2, 3]) it.runOn(`i-${n}`, `api-${n}`);
    it.gone('i-1').gone('i-2', 'workload').gone('i-3', { kind: 'fault', fault: 'spotInterruption' }).gone('i-4');

    expect(it.read().score.safety.terminationsWithLiveTask).toBe(1);
  });

  it('counts violations by law', () => {
    const violation = { law: '1', atMs: 0, detail: '' };

    expect(
      new ToldWorld().read([violation, violation, { ...violation, law: '9' }]).score.safety.violationsByLaw,
    ).toEqual({ '1': 2, '9': 1 });
  });
});
