import { request } from 'node:http';
import { ECSClient, ListTasksCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, it } from '@jest/globals';
import { listenControl } from '../../simulator/endpoint/control.ts';
import { eventFeed } from '../../simulator/endpoint/event-feed.ts';
import { listen } from '../../simulator/endpoint/server.ts';
import { sdkOptions } from '../support/sdk-options.ts';
import { smallWorld, smallWorldStart } from '../support/small-world.ts';

const start = smallWorldStart + 30 * 60_000;
const end = start + 3_600_000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** A cluster of three instances, its clock in the hands of whoever calls. */
const controlled = async () => {
  const { world, clock } = await smallWorld();
  const ended: string[] = [];
  const control = await listenControl({
    clock,
    endMs: end,
    subscribe: eventFeed(world),
    score: () => ({ at: clock.now() }),
    onEnd: () => ended.push('ended'),
  });
  const send = async (method: string, path: string, body?: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(control.url + path, { method, ...(body === undefined ? {} : { body: text }) });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  };
  return { world, clock, control, ended, send, [Symbol.asyncDispose]: () => control.close() };
};

/** Whatever Node's fetch would not send. */
const statusWith = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((done, failed) => {
    request(`${url}/now`, { headers }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on('error', failed)
      .end();
  });

const typesOf = (json: Record<string, unknown>): unknown[] =>
  (json['events'] as readonly Record<string, unknown>[]).map((it) => it['detail-type']);

describe('the control address', () => {
  it('is on loopback, and says what time it is, which stands still', async () => {
    await using it = await controlled();
    const now = { now: iso(start), end: iso(end), over: false };

    expect(new URL(it.control.url).hostname).toBe('127.0.0.1');
    expect(await it.send('GET', '/now')).toEqual({ status: 200, json: now });
    expect(await it.send('GET', '/now')).toEqual({ status: 200, json: now });
  });

  it('advances by seconds, no further than the end, and says when it is over', async () => {
    await using it = await controlled();

    expect((await it.send('POST', '/advance', { seconds: 90.5 })).json).toMatchObject({ now: iso(start + 90_500) });
    expect((await it.send('POST', '/advance', { seconds: 1e6 })).json).toMatchObject({ now: iso(end), over: true });
    expect((await it.send('POST', '/advance', { seconds: 10 })).json).toMatchObject({ now: iso(end), events: [] });
  });

  it('hands out what happened while it advanced, each event once', async () => {
    await using it = await controlled();
    it.world.call('ecs', 'UpdateService', { cluster: 'shop', service: 'web', desiredCount: 5 });

    const first = await it.send('POST', '/advance', { seconds: 60 });
    const again = await it.send('GET', '/events');
    it.world.call('ecs', 'UpdateService', { cluster: 'shop', service: 'web', desiredCount: 4 });
    await it.clock.runUntil(it.clock.now() + 60_000);
    const later = await it.send('GET', '/events');

    expect(typesOf(first.json)).toContain('ECS Task State Change');
    expect(again.json['events']).toEqual([]);
    expect(typesOf(later.json)).toContain('ECS Task State Change');
  });

  it('advances to the next event that reaches the controller, or to the limit given', async () => {
    await using it = await controlled();
    await it.send('POST', '/advance', { seconds: 300 });
    const idle = await it.send('POST', '/advance', { until: 'nextEvent', seconds: 30 });
    it.world.call('ecs', 'UpdateService', { cluster: 'shop', service: 'web', desiredCount: 5 });
    const next = await it.send('POST', '/advance', { until: 'nextEvent' });

    expect(idle.json).toMatchObject({ now: iso(start + 330_000), events: [] });
    expect((next.json['events'] as unknown[]).length).toBeGreaterThan(0);
    expect(it.clock.now() - (start + 330_000)).toBeLessThan(5_000);
  });

  it('lets a program move time by turns with the AWS SDK, whose calls are answered while it stands', async () => {
    await using it = await controlled();
    await using endpoint = await listen({ world: it.world, now: () => it.clock.now() });
    const ecs = new ECSClient(sdkOptions(endpoint.url));
    const tasks = async (): Promise<number | undefined> =>
      (await ecs.send(new ListTasksCommand({ cluster: 'shop' }))).taskArns?.length;

    const before = await tasks();
    await ecs.send(new UpdateServiceCommand({ cluster: 'shop', service: 'web', desiredCount: 6 }));
    const still = await tasks();
    await it.send('POST', '/advance', { seconds: 120 });

    expect([before, still, await tasks()]).toEqual([4, 4, 6]);
    expect(it.clock.now()).toBe(start + 120_000);
  });

  it('answers the score, also at the end, after which nothing moves', async () => {
    await using it = await controlled();

    expect((await it.send('GET', '/score')).json).toEqual({ at: start });
    expect((await it.send('POST', '/end')).json).toEqual({
      now: iso(start),
      end: iso(end),
      over: true,
      score: { at: start },
    });
    expect(it.ended).toEqual(['ended']);
    expect(await it.send('POST', '/advance', { seconds: 1 })).toMatchObject({ status: 410, json: { error: 'Ended' } });
    expect(it.clock.now()).toBe(start);
  });

  it('takes one advance at a time', async () => {
    await using it = await controlled();
    let release = (): void => undefined;
    it.clock.spawn(
      () => it.clock.call(() => new Promise<void>((done) => (release = done))),
      () => undefined,
    );
    const first = it.send('POST', '/advance', { seconds: 1 });
    await new Promise((done) => setTimeout(done, 50));
    const second = await it.send('POST', '/advance', { seconds: 1 });
    const ending = await it.send('POST', '/end');
    release();

    expect([second.status, ending.status]).toEqual([409, 409]);
    expect((await first).json).toMatchObject({ now: iso(start + 1_000) });
  });

  it.each<[string, string, string, unknown, number, string]>([
    ['no JSON', 'POST', '/advance', '{seconds: 1}', 400, 'BadRequest'],
    ['no object', 'POST', '/advance', [1], 400, 'BadRequest'],
    ['nothing', 'POST', '/advance', undefined, 400, 'BadRequest'],
    ['seconds that are none', 'POST', '/advance', { seconds: '60' }, 400, 'BadRequest'],
    ['seconds backwards', 'POST', '/advance', { seconds: -1 }, 400, 'BadRequest'],
    ['seconds without end', 'POST', '/advance', { seconds: 1e12 }, 400, 'BadRequest'],
    ['another aim', 'POST', '/advance', { until: 'tomorrow' }, 400, 'BadRequest'],
    ['a key too many', 'POST', '/advance', { seconds: 1, minutes: 1 }, 400, 'BadRequest'],
    ['too much', 'POST', '/advance', ' '.repeat(70_000), 413, 'TooLarge'],
    ['another path', 'GET', '/constructor', undefined, 404, 'NoSuchPath'],
    ['another verb', 'GET', '/advance', undefined, 405, 'WrongMethod'],
  ])('refuses %s', async (_, method, path, body, status, error) => {
    await using it = await controlled();

    expect(await it.send(method, path, body)).toEqual({ status, json: { error, message: expect.any(String) } });
    expect(it.clock.now()).toBe(start);
  });

  it('answers neither another host’s name nor a page of another origin', async () => {
    await using it = await controlled();
    const { url } = it.control;
    const { port } = new URL(url);

    expect(await statusWith(url, { host: `localhost:${port}` })).toBe(200);
    expect(await statusWith(url, { host: `attacker.example:${port}` })).toBe(403);
    expect(await statusWith(url, { host: '127.0.0.1.attacker.example' })).toBe(403);
    expect(await statusWith(url, { origin: 'https://attacker.example' })).toBe(403);
    expect(await statusWith(url, { origin: 'null' })).toBe(403);
    expect(await statusWith(url, { origin: 'http://localhost:3000' })).toBe(200);
  });

  it('closes though an advance is under way', async () => {
    const it = await controlled();
    const advancing = it.send('POST', '/advance', { seconds: 3_600 }).catch(() => undefined);
    await it.control.close();
    await advancing;

    await expect(fetch(it.control.url)).rejects.toThrow();
  });
});
