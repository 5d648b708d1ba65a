import { describe, expect, it } from '@jest/globals';
import { resourceEventIn } from '../../lib/events/resource-event.ts';

const clusterArn = 'arn:aws:ecs:eu-west-1:123456789012:cluster/main';
const time = '2026-11-23T12:00:00Z';
const at = Date.parse(time);
const read = (over: object) => resourceEventIn(JSON.stringify({ source: 'aws.ecs', time, detail: {}, ...over }));

describe('resourceEventIn', () => {
  it.each(['ECS Task State Change', 'ECS Container Instance State Change'])('takes %s with its detail', (type) => {
    const detail = { clusterArn, version: 3 };
    expect(read({ 'detail-type': type, detail })).toEqual({
      kind: 'described',
      cluster: 'main',
      at,
      detailType: type,
      detail,
    });
  });

  it.each(['ECS Service Action', 'ECS Deployment State Change'])('takes of %s which service it is about', (type) => {
    const resources = ['arn:aws:ecs:eu-west-1:123456789012:service/main/api'];
    expect(read({ 'detail-type': type, resources })).toEqual({ kind: 'service', cluster: 'main', at, name: 'api' });
  });

  it.each<readonly [string, string]>([
    ['no JSON', '{'],
    ['no event', '{}'],
    ['a wake-up of its own', JSON.stringify({ source: 'berth', 'detail-type': 'Berth Wake-Up', time, detail: {} })],
    [
      'an event without a time',
      JSON.stringify({ source: 'aws.ecs', 'detail-type': 'ECS Task State Change', detail: { clusterArn } }),
    ],
    [
      'an event whose time is none',
      JSON.stringify({
        source: 'aws.ecs',
        time: 'now',
        'detail-type': 'ECS Task State Change',
        detail: { clusterArn },
      }),
    ],
    [
      'a task of no cluster',
      JSON.stringify({ source: 'aws.ecs', time, 'detail-type': 'ECS Task State Change', detail: {} }),
    ],
    [
      'a service whose ARN names no cluster',
      JSON.stringify({
        source: 'aws.ecs',
        time,
        'detail-type': 'ECS Service Action',
        resources: ['arn:aws:ecs:eu-west-1:123456789012:service/api'],
        detail: { clusterArn },
      }),
    ],
  ])('has nothing to say of %s', (_, body) => {
    expect(resourceEventIn(body)).toBeUndefined();
  });
});
