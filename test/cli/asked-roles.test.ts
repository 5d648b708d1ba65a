import { describe, expect, it } from '@jest/globals';
import { askedRoles } from '../../cli/asked-roles.ts';
import { statementsOf } from '../../deployment/permissions.ts';
import { askedBy } from '../../deployment/settings-file.ts';
import { parseSettings } from '../../lib/settings/parse-settings.ts';

const parsed = parseSettings({});
if (!parsed.ok) throw new Error('the shipped defaults are wrong');
const { settings } = parsed;

const clusters = ['shop', 'bank'];
const role = 'arn:aws-cn:iam::123456789012:role/decide';
const deployment = {
  name: 'berth-dev',
  clusters,
  table: 'berth-dev-Table',
  roles: { decide: role, somethingElse: role },
};

describe('askedRoles', () => {
  const roles = askedRoles(settings, 'cn-north-1')(deployment);

  it('asks for all that is shipped for a function, and for nothing else', () => {
    const shipped = statementsOf('decide', clusters, askedBy(settings, clusters));

    expect(roles.map((it) => it.functionName)).toEqual(['berth-dev-decide']);
    expect(roles[0]?.asked.map((it) => it.actions)).toEqual(shipped.map((it) => it.actions));
  });

  it('leaves no placeholder unfilled', () => {
    expect(JSON.stringify(roles)).not.toContain('${');
  });

  it('names the resources of that account and region', () => {
    const resources = roles.flatMap((it) => it.asked).flatMap((it) => it.resources);

    expect(resources).toContain('arn:aws-cn:dynamodb:cn-north-1:123456789012:table/berth-dev-Table');
    expect(resources).toContain('arn:aws-cn:sqs:cn-north-1:123456789012:berth-dev-decide.fifo');
    expect(resources).toContain('arn:aws-cn:sqs:cn-north-1:123456789012:berth-dev-dead-letters');
    expect(resources).toContain('arn:aws-cn:ecs:cn-north-1:123456789012:cluster/shop');
  });

  it('gives conditions the value of a call', () => {
    expect(roles.flatMap((it) => it.asked).map((it) => it.context)).toContainEqual({
      'ecs:cluster': ['arn:aws-cn:ecs:cn-north-1:123456789012:cluster/shop'],
    });
  });
});
