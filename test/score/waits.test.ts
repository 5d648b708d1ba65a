import { describe, expect, it } from '@jest/globals';
import { minute, scenarioOf, start, ToldWorld, taskOf } from './told-world.ts';

describe('how long tasks wait', () => {
  it('splits a wait for a new instance at the call, the registration and RUNNING, as the documentation says', () => {
    const it = new ToldWorld().at(10).want('api-1');
    it.at(10.5).capacity(0, 1).at(10.6).launch('i-1').at(12).register('i-1').place('api-1', 'i-1');
    const { wait } = it.at(12.25).run('api-1').read().score;

    expect(wait.all?.max).toBe(2.25 * minute);
    expect([wait.decision?.max, wait.launch?.max, wait.placement?.max]).toEqual([
      0.5 * minute,
      1.5 * minute,
      0.25 * minute,
    ]);
  });

  it('takes none of it from a launch that was asked for before the task', () => {
    const it = new ToldWorld().at(9).capacity(0, 1).launch('i-1').at(10).want('api-1');
    const { wait } = it.at(11).register('i-1').place('api-1', 'i-1').at(12).run('api-1').read().score;

    expect([wait.decision?.max, wait.launch?.max, wait.placement?.max]).toEqual([0, minute, minute]);
  });

  it('leaves the split to tasks that needed a launch', () => {
    const { wait } = new ToldWorld()
      .boot('i-1')
      .at(1)
      .want('api-1')
      .place('api-1', 'i-1')
      .at(2)
      .run('api-1')
      .read().score;

    expect(wait.all?.count).toBe(1);
    expect([wait.needingLaunch, wait.decision, wait.launch, wait.placement]).toEqual(Array(4).fill(undefined));
  });

  it('adds up what waited, ran or not, and what was withdrawn, as the documentation says', () => {
    const it = new ToldWorld().boot('i-1').at(0).want('api-1', 'api-2', 'api-3');
    it.place('api-1', 'i-1').at(1).run('api-1').at(3).withdraw('api-2');
    const reading = it.at(10).read();

    expect(reading.score.wait).toMatchObject({ wanted: 3, ran: 1, withdrawn: 1, waitingAtEnd: 1 });
    expect(reading.score.wait.backlogTaskSeconds).toBe(60 + 3 * 60 + 10 * 60);
    expect(reading.waitsMs).toEqual([minute, 10 * minute]);
  });

  it('does not begin anew when a task dies before it runs', () => {
    const it = new ToldWorld().boot('i-1').at(0).want('api-1').place('api-1', 'i-1').at(1).end('api-1');
    const { wait } = it.place('api-1', 'i-1').at(2).run('api-1').read().score;

    expect(wait.all?.max).toBe(2 * minute);
    expect(wait.wanted).toBe(1);
  });

  describe('of standalone tasks', () => {
    const arriving = scenarioOf({ tasks: [taskOf(5 * minute, 10 * minute)] });

    it('counts from the arrival, however often RunTask was refused', () => {
      const it = new ToldWorld(arriving).boot('i-1');
      it.at(6).wantAlone('one').withdraw('one', 'noRoom').at(7).wantAlone('two').place('two', 'i-1');
      const { wait } = it.at(8).run('two').read().score;

      expect(wait).toMatchObject({ wanted: 1, ran: 1, withdrawn: 0, waitingAtEnd: 0 });
      expect(wait.all?.max).toBe(3 * minute);
    });

    it('counts one that nobody ever asked the world for', () => {
      const it = new ToldWorld(arriving);

      expect(it.at(4).read().score.wait.waitingAtEnd).toBe(0);
      expect(it.at(9).read().waitsMs).toEqual([4 * minute]);
    });

    it('waits again from its loss, and not after its own end', () => {
      const it = new ToldWorld(arriving).boot('i-1').at(5).wantAlone('one').place('one', 'i-1').run('one');
      it.at(6).end('one', 'TerminationNotice').at(7).wantAlone('two').place('two', 'i-1').run('two');
      const { wait } = it.at(20).end('two', 'EssentialContainerExited').at(30).read().score;

      expect(wait).toMatchObject({ wanted: 2, ran: 2, waitingAtEnd: 0 });
      expect(wait.all?.max).toBe(minute);
    });

    it('counts from the call where no arrival is known', () => {
      const it = new ToldWorld().boot('i-1').at(1).wantAlone('one').withdraw('one', 'noRoom');

      expect(it.at(2).read().score.wait).toMatchObject({ wanted: 1, withdrawn: 1, waitingAtEnd: 0 });
    });
  });

  it('asks who knows how a launch came about for its own share', () => {
    const path = {
      queuedAt: start + minute,
      inQueuesMs: 1_000,
      sentAt: start + minute + 3_000,
      answeredAt: start + minute + 3_500,
    };
    const it = new ToldWorld(scenarioOf(), { pathOf: (caller) => (caller === 'controller' ? path : undefined) });
    it.at(1).want('api-1').capacity(0, 1).launch('i-1').at(2).register('i-1').place('api-1', 'i-1');

    expect(it.at(3).run('api-1').read().score.wait.ownShare?.max).toBe(3_500);
  });

  it('counts its own share up to the first launch after a task was asked for, on whichever its task runs', () => {
    const second = 1_000;
    const path = (queuedAt: number) => ({
      queuedAt,
      inQueuesMs: 0,
      sentAt: queuedAt + second,
      answeredAt: queuedAt + 2 * second,
    });
    const it = new ToldWorld(scenarioOf(), { pathOf: (_, at) => path(at - second) });
    it.at(1).want('api-1').at(1.5).capacity(0, 1).launch('i-1').at(3).want('api-2').at(3.5).capacity(1, 2);
    it.launch('i-2').at(4).register('i-1').place('api-2', 'i-1').run('api-2');
    it.at(5).register('i-2').place('api-1', 'i-2').run('api-1');

    const { ownShare, decision } = it.read().score.wait;
    expect(ownShare?.max).toBe(31 * second);
    expect(decision?.max).toBe(150 * second);
  });
});
