import { type Api, AwsApiError, type JsonObject } from '../api.ts';
import type { Ground } from '../ground.ts';
import { object, requiredText, text, texts } from '../json.ts';
import { tagsJson } from './container-instance-json.ts';
import { atMost, ecsPage, foundAndMissing, idOf, tagsOf } from './lookup.ts';
import type { CapacityProvider, EcsState } from './state.ts';

const defaultScaling: JsonObject = {
  status: 'DISABLED',
  targetCapacity: 100,
  minimumScalingStepSize: 1,
  maximumScalingStepSize: 10_000,
  instanceWarmupPeriod: 300,
};

const providerJson = (it: CapacityProvider): JsonObject => ({
  capacityProviderArn: it.arn,
  name: it.name,
  status: 'ACTIVE',
  autoScalingGroupProvider: {
    autoScalingGroupArn: it.autoScalingGroupArn,
    managedScaling: it.managedScaling,
    managedTerminationProtection: it.managedTerminationProtection,
    managedDraining: it.managedDraining,
  },
  tags: tagsJson(it.tags),
});

/** Takes over what a request says; what it leaves out stays. */
const configure = (provider: CapacityProvider, settings: JsonObject): void => {
  provider.managedScaling = { ...provider.managedScaling, ...object(settings, 'managedScaling') };
  provider.managedTerminationProtection =
    text(settings, 'managedTerminationProtection') ?? provider.managedTerminationProtection;
  provider.managedDraining = text(settings, 'managedDraining') ?? provider.managedDraining;
};

const client = (message: string): AwsApiError => new AwsApiError('ClientException', message);

export const capacityProviderApi = (ground: Ground, state: EcsState): Api => ({
  CreateCapacityProvider: (input) => {
    const name = requiredText(input, 'name', 'ClientException');
    if (state.providers.has(name)) throw client('A capacity provider with the specified name already exists.');
    const settings = object(input, 'autoScalingGroupProvider');
    if (settings === undefined) throw client('Only Auto Scaling group capacity providers are modelled.');
    const provider: CapacityProvider = {
      name,
      arn: ground.arn('ecs', `capacity-provider/${name}`),
      autoScalingGroupArn: requiredText(settings, 'autoScalingGroupArn', 'ClientException'),
      // Given without a status, managed scaling is on. (ECS API, ManagedScaling.)
      managedScaling:
        object(settings, 'managedScaling') === undefined ? defaultScaling : { ...defaultScaling, status: 'ENABLED' },
      managedTerminationProtection: 'DISABLED',
      managedDraining: 'ENABLED',
      tags: tagsOf(input),
    };
    configure(provider, settings);
    state.providers.set(name, provider);
    return { capacityProvider: providerJson(provider) };
  },
  UpdateCapacityProvider: (input) => {
    const provider = state.providers.get(requiredText(input, 'name', 'ClientException'));
    if (provider === undefined) throw client('The specified capacity provider does not exist.');
    configure(provider, object(input, 'autoScalingGroupProvider') ?? {});
    return { capacityProvider: providerJson(provider) };
  },
  DescribeCapacityProviders: (input) => {
    const names = texts(input, 'capacityProviders');
    atMost(names ?? [], 100, 'Capacity providers');
    const { found, failures } = foundAndMissing(
      names ?? [...state.providers.keys()],
      (name) => state.providers.get(idOf(name)),
      (name) => ground.arn('ecs', `capacity-provider/${idOf(name)}`),
    );
    const { items, nextToken } = ecsPage(found, input, 10, 10);
    return { capacityProviders: items.map(providerJson), failures, nextToken };
  },
});
