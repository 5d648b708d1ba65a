import { type Api, AwsApiError, type JsonObject, type ServiceName } from '../../simulator/world/api.ts';
import type { World } from '../../simulator/world/world.ts';

interface SeenCall {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: JsonObject;
  readonly caller: string | undefined;
}

/** A world that answers as told and remembers what it was asked. */
export interface FakeWorld extends Pick<World, 'call'> {
  readonly calls: SeenCall[];
}

export const fakeWorld = (apis: Readonly<Partial<Record<ServiceName, Api>>>): FakeWorld => {
  const calls: SeenCall[] = [];
  return {
    calls,
    call: (service, operation, input, caller) => {
      calls.push({ service, operation, input, caller });
      const answer = apis[service]?.[operation];
      if (answer === undefined) throw new AwsApiError('UnknownOperationException', `${service} has no ${operation}`);
      return answer(input);
    },
  };
};
