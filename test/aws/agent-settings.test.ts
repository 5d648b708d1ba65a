import { describe, expect, it } from '@jest/globals';
import { agentSettingsIn } from '../../lib/aws/agent-settings.ts';

const encoded = (...lines: readonly string[]): string =>
  Buffer.from(['#!/bin/bash', ...lines].join('\n')).toString('base64');

const nothing = { attributes: {}, reservedMemoryMiB: 0 };

describe('agentSettingsIn', () => {
  it.each<[string, string]>([
    ['in single quotes', `echo 'ECS_INSTANCE_ATTRIBUTES={"tier":"general","disk":"ssd"}' >> /etc/ecs/ecs.config`],
    [
      'in double quotes',
      `echo "ECS_INSTANCE_ATTRIBUTES={\\"tier\\":\\"general\\",\\"disk\\":\\"ssd\\"}" >> /etc/ecs/ecs.config`,
    ],
    ['in a here-document', `ECS_INSTANCE_ATTRIBUTES={"tier": "general", "disk": "ssd"}`],
  ])('reads attributes %s', (_, line) => {
    expect(agentSettingsIn(encoded(line)).attributes).toEqual({ tier: 'general', disk: 'ssd' });
  });

  it('reads the memory that is kept back', () => {
    expect(agentSettingsIn(encoded('echo ECS_RESERVED_MEMORY=256 >> /etc/ecs/ecs.config')).reservedMemoryMiB).toBe(256);
  });

  it('leaves out what the instance computes as it starts', () => {
    const line = 'echo "ECS_INSTANCE_ATTRIBUTES={\\"tier\\":\\"general\\",\\"rack\\":\\"$RACK\\",\\"a\\":\\"`id`\\"}"';

    expect(agentSettingsIn(encoded(line)).attributes).toEqual({ tier: 'general' });
  });

  it.each<[string, string | undefined]>([
    ['no user data', undefined],
    ['a script without them', encoded('yum update')],
    ['what is commented out', encoded('  # ECS_INSTANCE_ATTRIBUTES={"tier":"old"}', '# ECS_RESERVED_MEMORY=256')],
    ['attributes that are no JSON', encoded('ECS_INSTANCE_ATTRIBUTES={tier:general}')],
    ['values that are no text', encoded('ECS_INSTANCE_ATTRIBUTES={"tier":1}')],
    ['a variable for the memory', encoded('ECS_RESERVED_MEMORY=$HALF')],
    ['bytes that are no text', Buffer.from([0x1f, 0x8b, 8, 0, 255, 254]).toString('base64')],
    ['what is not base64', '%%%'],
  ])('reads nothing from %s', (_, userData) => {
    expect(agentSettingsIn(userData)).toEqual(nothing);
  });
});
