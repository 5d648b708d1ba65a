import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { epochSeconds, objects, requiredText, text } from '../json.ts';
import { containerInstanceJson, forgetAttributes } from './container-instance-json.ts';
import type { ContainerInstances } from './container-instances.ts';
import { clusterOf, ecsPage, instanceOf, invalid } from './lookup.ts';
import { amountOf } from './resources.ts';
import type { Signals } from './signals.ts';
import type { Cluster, ContainerInstance, EcsState } from './state.ts';

const code = 'InvalidParameterException';

/** At most so many custom attributes per container instance (ECS service quotas). */
const maximumCustom = 10;

const isCustom = (name: string): boolean => !/^(?:com\.amazonaws\.)?ecs\./.test(name);

/** ECS's own resources, which a registration cannot replace. */
const builtIn: ReadonlySet<string> = new Set(['CPU', 'MEMORY', 'PORTS', 'PORTS_UDP', 'GPU']);

export interface AttributeApiParts {
  readonly ground: Ground;
  readonly state: EcsState;
  readonly instances: ContainerInstances;
  readonly signals: Signals;
}

/** What somebody adds to a registered instance: custom attributes, and resources of their own. */
export const attributeApi = ({ ground, state, instances, signals }: AttributeApiParts): Api => {
  const targetOf = (cluster: Cluster, attribute: JsonObject): ContainerInstance => {
    const found = instanceOf(ground, cluster, requiredText(attribute, 'targetId', code));
    if (found === undefined) throw new AwsApiError('TargetNotFoundException', 'Unable to find the specified target.');
    return found;
  };

  const refresh = (touched: Iterable<ContainerInstance>): void => {
    for (const it of touched) {
      forgetAttributes(it);
      it.cluster.fleet.changed();
      instances.changed(it);
      signals.instanceChanged(it);
      signals.roomAppeared(it.cluster);
    }
  };

  const put = (cluster: Cluster, attributes: readonly JsonObject[]): void => {
    const touched = new Set<ContainerInstance>();
    for (const attribute of attributes) {
      const instance = targetOf(cluster, attribute);
      instance.attributes.set(requiredText(attribute, 'name', code), text(attribute, 'value'));
      if ([...instance.attributes.keys()].filter(isCustom).length > maximumCustom) {
        instance.attributes.delete(requiredText(attribute, 'name', code));
        throw new AwsApiError('AttributeLimitExceededException', `At most ${maximumCustom} custom attributes.`);
      }
      touched.add(instance);
    }
    refresh(touched);
  };

  /** What is taken of it stays taken. */
  const register = ({ registered, remaining }: ContainerInstance, name: string, amount: number): void => {
    const taken = (registered.custom?.get(name) ?? 0) - (remaining.custom?.get(name) ?? 0);
    registered.custom?.set(name, amount);
    remaining.custom?.set(name, amount - taken);
  };

  return {
    PutAttributes: (input) => {
      const attributes = objects(input, 'attributes') ?? [];
      put(clusterOf(state, input), attributes);
      return { attributes };
    },
    DeleteAttributes: (input) => {
      const cluster = clusterOf(state, input);
      const attributes = objects(input, 'attributes') ?? [];
      const touched = attributes.map((it) => {
        const instance = targetOf(cluster, it);
        instance.attributes.delete(requiredText(it, 'name', code));
        return instance;
      });
      refresh(new Set(touched));
      return { attributes };
    },
    ListAttributes: (input) => {
      if (text(input, 'targetType') !== 'container-instance') throw invalid('targetType must be container-instance.');
      const [name, value] = [text(input, 'attributeName'), text(input, 'attributeValue')];
      const all = [...clusterOf(state, input).instances.values()].flatMap((it) =>
        [...it.attributes]
          .filter(([key, own]) => (name === undefined || key === name) && (value === undefined || own === value))
          .map(([key, own]) => ({ name: key, value: own, targetType: 'container-instance', targetId: it.arn })),
      );
      const { items, nextToken } = ecsPage(all, input, 100, 100);
      return { attributes: items, nextToken };
    },
    /** Of an instance that is registered already: the agent's way to add resources of the user's own. */
    RegisterContainerInstance: (input) => {
      const instance = instanceOf(ground, clusterOf(state, input), requiredText(input, 'containerInstanceArn', code));
      if (instance === undefined) throw invalid('Only a registered container instance can be registered again here.');
      const added = (objects(input, 'totalResources') ?? []).filter((it) => !builtIn.has(text(it, 'name') ?? ''));
      for (const it of added) register(instance, text(it, 'name') ?? '', amountOf(it));
      instance.customResources = added;
      signals.roomAppeared(instance.cluster);
      instances.changed(instance);
      return { containerInstance: containerInstanceJson(instance, epochSeconds) };
    },
  };
};
