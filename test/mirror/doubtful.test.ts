import { describe, expect, it } from '@jest/globals';
import { doubtfulServices } from '../../lib/mirror/doubtful.ts';
import { emptyMirror, folded, merge, taskChange } from '../../lib/mirror/mirror.ts';
import { minuteMs } from '../../lib/model/time.ts';
import { now, service, task } from '../support/builders.ts';

const tasks = (count: number, group = 'service:api') =>
  Array.from({ length: count }, (_, n) => taskChange(task(n, 1, { group }), now));
const mirror = (...changes: Parameters<typeof folded>[0]) => merge(emptyMirror, [folded(changes)], now);

describe('doubtfulServices', () => {
  it('are those that have other tasks than they were to have', () => {
    expect(doubtfulServices([service(3)], mirror(...tasks(3)), now)).toEqual([]);
    expect(doubtfulServices([service(3)], mirror(...tasks(2)), now)).toEqual(['api']);
    expect(doubtfulServices([service(3)], mirror(...tasks(4)), now)).toEqual(['api']);
    expect(doubtfulServices([service(0), service(0, { name: 'b' })], mirror(), now)).toEqual([]);
    expect(doubtfulServices([service(1)], mirror(...tasks(1, 'family:api')), now)).toEqual(['api']);
  });

  it('are none of daemons, which run wherever there is an instance', () => {
    expect(doubtfulServices([service(3, { schedulingStrategy: 'DAEMON' })], mirror(), now)).toEqual([]);
  });

  it('are those that an event told of since they were read, or shortly before, known or not', () => {
    const told = mirror({ kind: 'service', name: 'new', at: now });
    expect(doubtfulServices([], told, now - minuteMs)).toEqual(['new']);
    expect(doubtfulServices([], told, now + minuteMs - 1)).toEqual(['new']);
    expect(doubtfulServices([], told, now + minuteMs)).toEqual([]);
  });
});
