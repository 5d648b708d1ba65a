import type { ConstraintCause } from '../model/obstacle.ts';
import type { PlacementConstraint } from '../model/service.ts';
import type { TaskDefinition } from '../model/task-definition.ts';
import { evaluate, type Fact, type Facts } from './query/evaluate.ts';
import { type Expression, type Subject, subjectsOf } from './query/expression.ts';
import { parseQuery } from './query/parser.ts';
import type { QueryProblem } from './query/problem.ts';
import type { Truth } from './query/truth.ts';
import { isXen } from './xen.ts';

/** Whether an instance may hold a task, its resources aside. Only `allowed` is to be counted on. */
export type ConstraintVerdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'refused'; readonly cause: ConstraintCause }
  | { readonly kind: 'unknown'; readonly cause: ConstraintCause }
  /** ECS took the expression, so it means something; what, is not understood here. */
  | { readonly kind: 'unparsable'; readonly expression: string; readonly problem: QueryProblem };

interface Check {
  readonly cause: ConstraintCause;
  readonly subjects: readonly Subject[];
  readonly holds: (facts: Facts) => Truth;
}

/** All that a task asks of its instance but resources, compiled once for any number of instances. */
export interface Constraints {
  /** Instances that agree on these get one verdict, unless it depends on more: thousands of instances are few kinds. */
  readonly attributes: ReadonlySet<string>;
  /** Whether it also depends on the instance's id, age or agent. */
  readonly dependsOnInstance: boolean;
  /** Whether it changes as tasks are placed: it must then be asked again after each placement. */
  readonly dependsOnTasks: boolean;
  readonly checks: readonly Check[];
  /** The first expression that could not be parsed. */
  readonly unparsable: Extract<ConstraintVerdict, { readonly kind: 'unparsable' }> | undefined;
}

const isPresent = (fact: Fact): Truth => (fact.kind === 'unknown' ? 'unknown' : fact.kind === 'present');

const missingAttribute = (name: string): Check => ({
  cause: { kind: 'missingAttribute', name },
  subjects: [{ kind: 'attribute', name }],
  holds: (facts) => isPresent(facts.attribute(name)),
});

/** `X86_64` of a task definition is `x86_64` on an instance. An older agent may not tell; that refuses nothing. */
const hasValue = (fact: Fact, needed: string): Truth => {
  if (fact.kind !== 'present' || fact.values === undefined) return 'unknown';
  const matching = fact.values.filter((it) => it.toLowerCase() === needed.toLowerCase()).length;
  return matching === 0 ? false : matching === fact.values.length || 'unknown';
};

/**
 * ECS refuses an instance of the other architecture as "missing an attribute required by your task": observed, while
 * the documentation leaves open what the runtime platform does for the EC2 launch type.
 */
const otherPlatform = (attribute: string, needed: string | undefined): readonly Check[] =>
  needed === undefined
    ? []
    : [
        {
          cause: { kind: 'otherPlatform', attribute, needed },
          subjects: [{ kind: 'attribute', name: attribute }],
          holds: (facts) => hasValue(facts.attribute(attribute), needed),
        },
      ];

/** A type that nobody knows is not held against an instance; a group of Nitro and Xen types may launch either. */
const canAttachVolumes = (type: Fact): Truth => {
  if (type.kind !== 'present' || type.values === undefined) return true;
  const unable = type.values.filter(isXen).length;
  return unable === 0 || (unable === type.values.length ? false : 'unknown');
};

/** ECS attaches EBS volumes to tasks on Nitro instances only (ECS developer guide, Amazon EBS volumes). */
const notNitro: Check = {
  cause: { kind: 'notNitro' },
  subjects: [{ kind: 'attribute', name: 'ecs.instance-type' }],
  holds: (facts) => canAttachVolumes(facts.attribute('ecs.instance-type')),
};

/**
 * One task of the group an instance. ECS looks at the desired status: a task that is stopping no longer counts
 * (developer guide, task placement constraints).
 */
const distinctInstance = (group: string): Check => ({
  cause: { kind: 'distinctInstance', group },
  subjects: [{ kind: 'taskGroup' }],
  holds: ({ taskGroups }) => (taskGroups === undefined ? 'unknown' : !taskGroups.has(group)),
});

const memberOf = (text: string, expression: Expression): Check => ({
  cause: { kind: 'memberOf', expression: text },
  subjects: subjectsOf(expression),
  holds: (facts) => evaluate(expression, facts),
});

const dependsOnTasks = ({ kind }: Subject): boolean => kind === 'taskGroup' || kind === 'runningTasksCount';

const asked = (checks: readonly Check[]): Pick<Constraints, 'attributes' | 'dependsOnInstance' | 'dependsOnTasks'> => {
  const subjects = checks.flatMap((it) => it.subjects);
  return {
    attributes: new Set(subjects.flatMap((it) => (it.kind === 'attribute' ? it.name : []))),
    dependsOnInstance: subjects.some((it) => it.kind !== 'attribute' && !dependsOnTasks(it)),
    dependsOnTasks: subjects.some(dependsOnTasks),
  };
};

/**
 * What a task of this definition asks when started for a group: `service:NAME` with the service's constraints, else
 * the group and the constraints RunTask was given.
 */
export const constraintsOf = (
  definition: TaskDefinition,
  group: string,
  constraints: readonly PlacementConstraint[],
): Constraints => {
  const texts = [...definition.memberOf, ...constraints.flatMap((it) => (it.type === 'memberOf' ? it.expression : []))];
  const parsed = texts.map((text) => ({ text, query: parseQuery(text) }));
  const checks = [
    ...definition.requiresAttributes.map(missingAttribute),
    ...otherPlatform('ecs.cpu-architecture', definition.cpuArchitecture),
    ...otherPlatform('ecs.os-family', definition.operatingSystemFamily),
    ...(definition.requirements.ebsVolumes === 1 ? [notNitro] : []),
    ...parsed.flatMap(({ text, query }) => (query.ok ? memberOf(text, query.expression) : [])),
    ...(constraints.some((it) => it.type === 'distinctInstance') ? [distinctInstance(group)] : []),
  ];
  const [unparsable] = parsed.flatMap(({ text, query }) =>
    query.ok ? [] : { kind: 'unparsable' as const, expression: text, problem: query.problem },
  );
  return { ...asked(checks), checks, unparsable };
};

const allowed: ConstraintVerdict = { kind: 'allowed' };

/**
 * Whether an instance may hold the task. A refusal stands whatever else is unclear, so it is said first; then what could
 * not be parsed, then what is not known.
 */
export const verdictOn = (constraints: Constraints, facts: Facts): ConstraintVerdict => {
  let open: ConstraintCause | undefined;
  for (const { cause, holds } of constraints.checks) {
    const truth = holds(facts);
    if (truth === false) return { kind: 'refused', cause };
    if (truth === 'unknown') open ??= cause;
  }
  if (constraints.unparsable !== undefined) return constraints.unparsable;
  return open === undefined ? allowed : { kind: 'unknown', cause: open };
};
