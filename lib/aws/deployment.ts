import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { type ClientOptions, clientConfig, instrumented } from './clients.ts';

/** What a deployment of Berth says of itself: the environment of its function for manual invocations. */
export interface Deployment {
  readonly functionName: string;
  readonly clusters: readonly string[];
  readonly table: string;
  readonly decideQueueUrl: string;
}

export interface Deployments {
  /**
   * Undefined where the region has no such function.
   * @throws what the SDK throws where AWS refuses or cannot be reached
   */
  find(stage: string): Promise<Deployment | undefined>;
  /**
   * What the deployment answers to a manual invocation.
   * @throws what the SDK throws, and an Error with what the function says where it fails
   */
  invoke(deployment: Deployment, input: object): Promise<unknown>;
}

const functionName = (stage: string): string => `berth-${stage}-capacityRun`;

const isMissing = (error: unknown): boolean => error instanceof Error && error.name === 'ResourceNotFoundException';

/** Deployments are found by the name that the service and its stage give their functions. */
export const lambdaDeployments = (options: ClientOptions): Deployments => {
  const client = instrumented(new LambdaClient(clientConfig(options)), options);
  return {
    async find(stage) {
      const FunctionName = functionName(stage);
      try {
        const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
        const { CLUSTERS = '', TABLE, DECIDE_QUEUE_URL } = Environment?.Variables ?? {};
        if (TABLE === undefined || DECIDE_QUEUE_URL === undefined) return undefined;
        const clusters = CLUSTERS.split(',').map((it) => it.trim());
        return { functionName: FunctionName, clusters, table: TABLE, decideQueueUrl: DECIDE_QUEUE_URL };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async invoke({ functionName: FunctionName }, input) {
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName, Payload: JSON.stringify(input) }),
      );
      const text = Payload === undefined ? 'null' : Buffer.from(Payload).toString('utf8');
      if (FunctionError !== undefined) throw new Error(`${FunctionName} failed: ${text}`);
      const answer: unknown = JSON.parse(text);
      return answer;
    },
  };
};
