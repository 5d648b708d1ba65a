import type { Obstacle } from '../model/obstacle.ts';
import { type ConstraintVerdict, verdictOn } from './constraints.ts';
import { describeProblem } from './query/problem.ts';
import { claimsOf } from './requirements.ts';
import type { Ask, Site } from './site.ts';

const obstacleIn = (verdict: ConstraintVerdict): Obstacle | undefined => {
  switch (verdict.kind) {
    case 'allowed':
      return undefined;
    case 'refused':
      return verdict.cause;
    case 'unknown':
      return { kind: 'unclear', cause: verdict.cause };
    case 'unparsable':
      return { kind: 'unparsable', expression: verdict.expression, problem: describeProblem(verdict.problem) };
  }
};

/** Whether the task may be there at all, however empty the instance. */
export const exclusionOf = (ask: Ask, site: Site): Obstacle | undefined => {
  const { capacityProvider } = ask;
  if (capacityProvider !== undefined && capacityProvider !== site.capacityProvider)
    return { kind: 'otherProvider', capacityProvider };
  if (ask.requirements.sharesGpus === true) return { kind: 'sharedGpus' };
  return obstacleIn(verdictOn(ask.constraints, site.facts));
};

/** Whether it is not said that the task has no place there, but that it is not known. */
export const isNamedGap = ({ kind }: Obstacle): boolean =>
  kind === 'unclear' || kind === 'unparsable' || kind === 'sharedGpus';

const gpusNeeded = ({ requirements: it }: Ask, { gpus }: Site): number =>
  it.allGpus === true ? Math.max(1, it.gpus, gpus) : it.gpus;

/** What the instance has too little of; what it has is in the order ECS looks at it. */
const shortageOf = (ask: Ask, site: Site): Obstacle | undefined => {
  const { requirements: it } = ask;
  const { room } = site;
  const amounts: readonly (readonly [resource: string, needed: number, left: number])[] = [
    ['CPU', it.cpuUnits, room.cpuUnits],
    ['MEMORY', it.memoryMiB, room.memoryMiB],
    ['GPU', gpusNeeded(ask, site), room.gpus],
    ['ENI', it.networkInterfaces, room.networkInterfaces],
    ['EBS', it.ebsVolumes ?? 0, room.ebsVolumes],
    ...Object.entries(it.custom ?? {}).map(([name, needed]) => [name, needed, room.custom[name] ?? 0] as const),
  ];
  const short = amounts.find(([, needed, left]) => needed > left);
  return short === undefined ? undefined : { kind: 'lacks', resource: short[0], needed: short[1] };
};

const claimTaken = (ask: Ask, site: Site): Obstacle | undefined => {
  const taken = claimsOf(ask).find((it) => site.room.claims.has(it));
  if (taken === undefined) return undefined;
  return taken.startsWith('apart ')
    ? { kind: 'distinctInstance', group: ask.group }
    : { kind: 'portTaken', port: taken };
};

/**
 * The answer to "would this task fit there?": what is in its way, or undefined where it fits. Scale-out, daemons and
 * explanations all ask here.
 */
export const obstacleTo = (ask: Ask, site: Site): Obstacle | undefined =>
  exclusionOf(ask, site) ?? shortageOf(ask, site) ?? claimTaken(ask, site);

const causeWording = (it: Obstacle): string => {
  switch (it.kind) {
    case 'notActive':
      return `is ${it.status}`;
    case 'agentDisconnected':
      return 'has a disconnected agent';
    case 'otherProvider':
      return `is not of capacity provider ${it.capacityProvider}`;
    case 'missingAttribute':
      return `has no attribute ${it.name}`;
    case 'otherPlatform':
      return `has another ${it.attribute} than ${it.needed}`;
    case 'memberOf':
      return `is no member of ${it.expression}`;
    case 'notNitro':
      return 'is no Nitro instance, which the task’s EBS volume needs';
    case 'distinctInstance':
      return `has a task of ${it.group} already`;
    case 'unclear':
      return `may be one that ${causeWording(it.cause)}`;
    case 'unparsable':
      return `cannot be judged by ${it.expression} (${it.problem})`;
    case 'lacks':
      return `has less than ${it.needed} ${it.resource} left`;
    case 'portTaken':
      return `has ${it.port} taken`;
    case 'sharedGpus':
      return 'cannot be judged: it is not known how many tasks may share a GPU';
  }
};

/** What is wrong with an instance, as the end of a sentence that begins with it. */
export const describeObstacle = causeWording;
