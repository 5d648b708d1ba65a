import { clusterTag } from '../model/group-contract.ts';
import { type GroupSetUp, terminating } from '../model/group-set-up.ts';
import { wantedHook } from './attach.ts';
import { type Added, recordOf } from './record.ts';

export type SnippetFormat = 'cloudformation' | 'terraform';
export type Direction = 'attach' | 'detach';

/** The contract of a group, for those who keep it in code. */
export interface SnippetOf {
  readonly cluster: string;
  readonly lifecycleHookName: string;
  readonly setUp: GroupSetUp;
}

const notes: Readonly<Record<Direction, string>> = {
  attach: 'Put this into what makes the Auto Scaling group, and deploy it.',
  detach: 'Take this out of what makes the Auto Scaling group, as far as Berth was the reason for it.',
};

/** What of the contract is to be put in, or taken out: of a group that was attached, what attach added. */
type Has = (part: Added) => boolean;

const partsOf = (direction: Direction, setUp: GroupSetUp): Has => {
  const reading = recordOf(setUp);
  if (direction === 'detach' && reading.kind === 'record') return (part) => reading.record.added.includes(part);
  const suspends = setUp.availabilityZones.length > 1 || setUp.suspendedProcesses.includes('AZRebalance');
  return (part) => part !== 'AZRebalance' || suspends;
};

/** SetInstanceProtection takes up to 50 ids a call. */
const idsPerCall = 50;

const protectionCommands = ({ name, instances }: GroupSetUp, flag: string): readonly string[] => {
  const ids = instances
    .filter((it) => it.lifecycleState === 'InService')
    .map((it) => it.ec2InstanceId)
    .sort();
  const calls = Array.from({ length: Math.ceil(ids.length / idsPerCall) }, (_, n) =>
    ids.slice(n * idsPerCall, (n + 1) * idsPerCall),
  );
  return calls.map(
    (some) =>
      `aws autoscaling set-instance-protection --auto-scaling-group-name ${name} ${flag} --instance-ids ${some.join(' ')}`,
  );
};

/** What neither template language can say of instances that are there already, or at all. */
const byHand = (direction: Direction, setUp: GroupSetUp, has: Has, cannotSuspend: boolean): readonly string[] => {
  const [verb, flag] =
    direction === 'attach' ? ['suspend', '--protected-from-scale-in'] : ['resume', '--no-protected-from-scale-in'];
  return [
    ...(cannotSuspend && has('AZRebalance')
      ? [`aws autoscaling ${verb}-processes --auto-scaling-group-name ${setUp.name} --scaling-processes AZRebalance`]
      : []),
    ...(has('instances') ? protectionCommands(setUp, flag) : []),
  ];
};

const when = (holds: boolean, ...lines: readonly string[]): readonly string[] => (holds ? lines : []);

const commented = (lines: readonly string[]): readonly string[] => lines.map((it) => `# ${it}`);

const cloudFormation = (direction: Direction, { cluster, lifecycleHookName, setUp }: SnippetOf): readonly string[] => {
  const hook = wantedHook(lifecycleHookName);
  const has = partsOf(direction, setUp);
  const commands = byHand(direction, setUp, has, true);
  return [
    ...commented([
      `Auto Scaling group ${setUp.name}, cluster ${cluster}. ${notes[direction]}`,
      'MyGroup stands for the logical name of the group in your template.',
    ]),
    'Resources:',
    '  MyGroup:',
    '    Type: AWS::AutoScaling::AutoScalingGroup',
    '    Properties:',
    '      # and no DesiredCapacity: each deployment would set it back',
    ...when(has('new-instances'), '      NewInstancesProtectedFromScaleIn: true'),
    ...when(
      has('tag'),
      '      Tags:',
      `        - Key: ${clusterTag}`,
      `          Value: ${JSON.stringify(cluster)}`,
      '          PropagateAtLaunch: false',
    ),
    ...when(
      has('hook'),
      '  BerthDrainHook:',
      '    Type: AWS::AutoScaling::LifecycleHook',
      '    Properties:',
      '      AutoScalingGroupName: !Ref MyGroup',
      `      LifecycleHookName: ${JSON.stringify(hook.name)}`,
      `      LifecycleTransition: ${terminating}`,
      `      HeartbeatTimeout: ${hook.heartbeatSeconds}`,
      `      DefaultResult: ${hook.defaultResult}`,
    ),
    ...(commands.length === 0
      ? []
      : commented(['What CloudFormation has no words for, once, after the deployment:', ...commands])),
  ];
};

const terraform = (direction: Direction, { cluster, lifecycleHookName, setUp }: SnippetOf): readonly string[] => {
  const hook = wantedHook(lifecycleHookName);
  const has = partsOf(direction, setUp);
  const commands = byHand(direction, setUp, has, false);
  const suspended = has('AZRebalance') ? [...new Set([...setUp.suspendedProcesses, 'AZRebalance'])].sort() : [];
  return [
    ...commented([
      `Auto Scaling group ${setUp.name}, cluster ${cluster}. ${notes[direction]}`,
      '"my_group" stands for the name of the group in your configuration.',
    ]),
    'resource "aws_autoscaling_group" "my_group" {',
    ...when(has('new-instances'), '  protect_from_scale_in = true'),
    ...(suspended.length === 0 ? [] : [`  suspended_processes   = ${JSON.stringify(suspended)}`]),
    '',
    ...when(
      has('tag'),
      '  tag {',
      `    key                 = "${clusterTag}"`,
      `    value               = ${JSON.stringify(cluster)}`,
      '    propagate_at_launch = false',
      '  }',
      '',
    ),
    '  lifecycle {',
    '    ignore_changes = [desired_capacity] # else each apply sets it back',
    '  }',
    '}',
    ...when(
      has('hook'),
      '',
      'resource "aws_autoscaling_lifecycle_hook" "berth_drain" {',
      `  name                   = ${JSON.stringify(hook.name)}`,
      '  autoscaling_group_name = aws_autoscaling_group.my_group.name',
      `  lifecycle_transition   = "${terminating}"`,
      `  heartbeat_timeout      = ${hook.heartbeatSeconds}`,
      `  default_result         = "${hook.defaultResult}"`,
      '}',
    ),
    ...(commands.length === 0
      ? []
      : commented(['Instances that are there already, once, after the apply:', ...commands])),
  ];
};

/** The contract in the words of a template language, to be put in or taken out. */
export const snippet = (format: SnippetFormat, direction: Direction, of: SnippetOf): string =>
  (format === 'cloudformation' ? cloudFormation : terraform)(direction, of).join('\n');
