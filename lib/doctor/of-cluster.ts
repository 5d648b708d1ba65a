import type { ContainerInstance } from '../model/container-instance.ts';
import type { Gap } from '../model/observation.ts';
import { isWaiting } from '../model/task.ts';
import { reasonItCannotMove } from '../planning/keeping/services.ts';
import { contractFindings } from '../planning/launching/contract.ts';
import { viewOf } from '../planning/view.ts';
import type { Examined } from './examined.ts';
import { type Finding, finding } from './finding.ts';

/** Gaps that say what could not be read; `notFound` of the cluster itself says that there is none. */
const ofGap = (cluster: string, gap: Gap): Finding =>
  gap.subject === 'cluster' && gap.cause === 'notFound'
    ? finding(
        'clusterUnreadable',
        `cluster ${cluster}`,
        `ECS knows no cluster ${cluster} here`,
        'check the name, --region and --profile',
      )
    : finding(
        'couldNotRead',
        `cluster ${cluster}`,
        `${gap.subject} could not be read whole: ${gap.detail.split('\n', 1)[0] ?? ''}`,
        gap.cause === 'accessDenied'
          ? 'ask for that permission; what it would have shown is not in this list'
          : 'try again; what it would have shown is not in this list',
      );

const services = ({ input, scalable }: Examined): readonly Finding[] => [
  ...input.observation.services
    .filter((it) => it.schedulingStrategy === 'REPLICA' && it.status === 'ACTIVE')
    .flatMap((it) => {
      const reason = reasonItCannotMove(it);
      return reason === undefined
        ? []
        : [
            finding(
              'serviceCannotMove',
              `service ${it.name}`,
              `${reason.replace(`service ${it.name} wants`, 'it wants')}: an instance that runs one of its tasks can never be drained`,
              'lower minimumHealthyPercent (a task stops first) or raise maximumPercent (a task starts first)',
            ),
          ];
    }),
  ...scalable.map((service) =>
    input.settings.services[service]?.scaling === undefined
      ? finding(
          'scaledByOthers',
          `service ${service}`,
          'Application Auto Scaling sets its desired count',
          'none is needed: Berth makes room for what it wants',
        )
      : finding(
          'scaledTwice',
          `service ${service}`,
          'Application Auto Scaling sets its desired count, and so does berth.yml',
          `deregister the scalable target, or take scaling of ${service} out of berth.yml`,
        ),
  ),
];

const unplaceable = ({ plan }: Examined): readonly Finding[] =>
  plan.demand
    .filter((it) => it.isReserve !== true)
    .flatMap(({ source, verdicts }) =>
      verdicts.flatMap(({ tasks, verdict }) =>
        verdict.kind === 'unplaceable'
          ? [
              finding(
                'unplaceable',
                source,
                `${tasks} task${tasks === 1 ? '' : 's'} can get no place: ${verdict.detail}`,
                remedies[verdict.reason],
              ),
            ]
          : [],
      ),
    );

type Unplaceable = Extract<
  Examined['plan']['demand'][number]['verdicts'][number]['verdict'],
  { readonly kind: 'unplaceable' }
>;

const remedies: Readonly<Record<Unplaceable['reason'], string>> = {
  largerThanEveryInstance: 'make the task smaller, or opt in a group with larger instances',
  excludedByConstraints: 'change the placement constraints, or opt in a group whose instances answer to them',
  unclearConstraints: 'write the constraint so that it can be told before an instance is there (docs/verdicts.md)',
  sharedGpus: 'ask for GPUs of its own: how many may share one ECS does not tell',
  groupsAtMaximum: 'raise the maximum size of a group that it may run in',
  noGroup: 'opt in a group that it may run in (npx berth attach)',
  boundToManagedGroup: 'ECS sizes that group: look at its managed scaling, or set it to DISABLED',
  boundToUnknownProvider: 'make the capacity provider, or start the tasks by another',
  launchesDoNotRegister: 'look at the user data, the instance role and the network of the launch template',
  capacityErrors: 'add instance types or zones to the group: AWS has none of these to give',
  launchBudget: 'find out why launches bear no fruit; the budget opens again within the hour',
  caps: 'raise the caps in berth.yml, if that is meant',
  unknownInstanceShape: 'say in berth.yml what an instance of the group registers (groups.NAME.registers)',
  groupConflict: 'mend what this list says of the group',
  missingTaskDefinition: 'register the task definition anew, or ask for ecs:DescribeTaskDefinition',
  partialView: 'mend what could not be read',
};

/** What warm pools need at least (Amazon ECS developer guide, Auto Scaling warm pools); whatever is older is years old. */
const oldestAgent = [1, 59, 0] as const;

const isOlder = (version: string): boolean => {
  const parts = version.split('.').map(Number);
  const at = oldestAgent.findIndex((least, n) => (parts[n] ?? 0) !== least);
  return at >= 0 && (parts[at] ?? 0) < (oldestAgent[at] ?? 0);
};

const listed = (instances: readonly ContainerInstance[]): string => {
  const ids = instances.map((it) => it.ec2InstanceId).sort();
  return ids.length > 3 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ');
};

const agents = ({ input, cluster }: Examined): readonly Finding[] => {
  const instances = input.observation.containerInstances;
  const silent = instances.filter((it) => !it.agentConnected);
  const old = instances.filter((it) => it.agentVersion !== undefined && isOlder(it.agentVersion));
  const subject = `cluster ${cluster}`;
  return [
    ...(silent.length > 0
      ? [
          finding(
            'agentDisconnected',
            subject,
            `the agent of ${silent.length} of ${instances.length} instances is disconnected: ${listed(silent)}`,
            'look at the agent there; repair.agentDisconnected in berth.yml replaces such instances after a while',
          ),
        ]
      : []),
    ...(old.length > 0
      ? [
          finding(
            'agentTooOld',
            subject,
            `the agent of ${old.length} of ${instances.length} instances is older than ${oldestAgent.join('.')}: ${listed(old)}`,
            'launch from a newer ECS-optimized AMI; rotation in berth.yml replaces what is outdated',
          ),
        ]
      : []),
  ];
};

/** Amazon ECS service quotas: container instances of a cluster, and its tasks in PROVISIONING. */
const instancesOfCluster = 5_000;
const waitingOfCluster = 500;
const near = 0.8;

const vcpuUnits = 1_024;

/** What the groups would have at their maximum, as far as it is known what an instance of theirs registers. */
const vcpusAtMaximum = ({ input }: Examined): number => {
  const { groups, containerInstances } = input.observation;
  const vcpusOf = new Map(containerInstances.map((it) => [it.ec2InstanceId, it.registered.cpuUnits / vcpuUnits]));
  return groups.reduce((sum, group) => {
    const seen = group.instances.map((it) => vcpusOf.get(it.ec2InstanceId) ?? 0);
    const learned = (input.memory.shapes[group.name]?.registered.cpuUnits ?? 0) / vcpuUnits;
    return sum + group.maxSize * Math.max(learned, ...seen);
  }, 0);
};

const limits = (it: Examined): readonly Finding[] => {
  const { containerInstances, tasks } = it.input.observation;
  const subject = `cluster ${it.cluster}`;
  const waiting = tasks.filter(isWaiting).length;
  const vcpus = Math.round(vcpusAtMaximum(it));
  return [
    ...(containerInstances.length >= near * instancesOfCluster
      ? [
          finding(
            'instancesNearLimit',
            subject,
            `it has ${containerInstances.length} container instances, and ECS allows ${instancesOfCluster} a cluster`,
            'use larger instances, or divide the cluster',
          ),
        ]
      : []),
    ...(waiting >= near * waitingOfCluster
      ? [
          finding(
            'waitingNearLimit',
            subject,
            `${waiting} tasks wait in PROVISIONING, and ECS refuses more than ${waitingOfCluster} a cluster`,
            'find out why they wait (npx berth plan); start fewer at once',
          ),
        ]
      : []),
    ...(it.quota !== undefined && vcpus > near * it.quota.vcpus
      ? [
          finding(
            'vcpusNearQuota',
            subject,
            `its groups may grow to ${vcpus} vCPUs, and the account may run ${it.quota.vcpus} of standard On-Demand Instances in all`,
            'ask AWS for more (Service Quotas, EC2, L-1216C47A), or lower the maximum sizes',
          ),
        ]
      : []),
  ];
};

/** What the plan notices besides what the groups lack. */
const settings = ({ input, plan, cluster }: Examined): readonly Finding[] => {
  const view = viewOf(input);
  const ofGroups = new Set(
    input.observation.groups.flatMap((group) => contractFindings(view, group).map((it) => `${group.name}: ${it}`)),
  );
  return plan.notices
    .filter((it) => !ofGroups.has(it))
    .map((it) => finding('setting', `cluster ${cluster}`, it, 'mend it in berth.yml and deploy again'));
};

/** What is to be said of a cluster, its services, its instances and its quotas. */
export const clusterFindings = (it: Examined): readonly Finding[] => [
  ...[...it.input.observation.gaps, ...it.gaps].map((gap) => ofGap(it.cluster, gap)),
  ...unplaceable(it),
  ...services(it),
  ...agents(it),
  ...limits(it),
  ...settings(it),
];
