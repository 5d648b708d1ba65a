import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Direction, type SnippetFormat, snippet } from '../../lib/contract/snippets.ts';
import type { GroupSetUp } from '../../lib/model/group-set-up.ts';
import { instance, setUp } from './set-ups.ts';

const of = (format: SnippetFormat, direction: Direction, over: Partial<GroupSetUp> = {}): string =>
  snippet(format, direction, { cluster: 'shop', lifecycleHookName: 'berth-drain', setUp: setUp(over) });

describe('snippet', () => {
  it('is YAML with the group and the hook for CloudFormation', () => {
    const template = parse(of('cloudformation', 'attach'), {
      customTags: [{ tag: '!Ref', resolve: String }],
    }) as unknown;

    expect(template).toEqual({
      Resources: {
        MyGroup: {
          Type: 'AWS::AutoScaling::AutoScalingGroup',
          Properties: {
            NewInstancesProtectedFromScaleIn: true,
            Tags: [{ Key: 'berth:cluster', Value: 'shop', PropagateAtLaunch: false }],
          },
        },
        BerthDrainHook: {
          Type: 'AWS::AutoScaling::LifecycleHook',
          Properties: {
            AutoScalingGroupName: 'MyGroup',
            LifecycleHookName: 'berth-drain',
            LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
            HeartbeatTimeout: 900,
            DefaultResult: 'CONTINUE',
          },
        },
      },
    });
  });

  it('gives the commands for what CloudFormation cannot say', () => {
    expect(of('cloudformation', 'attach').split('\n').slice(-2)).toEqual([
      '# aws autoscaling suspend-processes --auto-scaling-group-name workers --scaling-processes AZRebalance',
      '# aws autoscaling set-instance-protection --auto-scaling-group-name workers --protected-from-scale-in --instance-ids i-1 i-2',
    ]);
  });

  it('keeps the processes that are suspended already in Terraform', () => {
    expect(of('terraform', 'attach', { suspendedProcesses: ['HealthCheck'] })).toContain(
      'suspended_processes   = ["AZRebalance","HealthCheck"]',
    );
  });

  it('names no process for a group of one zone', () => {
    const one = { availabilityZones: ['eu-west-1a'] };
    expect(of('terraform', 'attach', one)).not.toContain('suspended_processes');
    expect(of('cloudformation', 'attach', one)).not.toContain('suspend-processes');
  });

  it('protects at most fifty instances a command', () => {
    const instances = Array.from({ length: 51 }, (_, at) => instance(`i-${at}`));
    expect(of('terraform', 'attach', { instances }).match(/set-instance-protection/g)).toHaveLength(2);
  });

  it('takes out only what attach has put in', () => {
    const tags = { 'berth:attached': '1 hook', 'berth:attached:hook': 'berth-drain', 'berth:cluster': 'shop' };
    for (const format of ['cloudformation', 'terraform'] as const) {
      const text = of(format, 'detach', { tags });
      expect(text).toMatch(/berth-drain/);
      expect(text).not.toMatch(/berth:cluster|AZRebalance|protect/i);
    }
  });
});
