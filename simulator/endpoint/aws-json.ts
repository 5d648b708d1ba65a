import { AwsApiError, type JsonObject, type ServiceName } from '../world/api.ts';
import { type Exchange, isOperationName } from './exchange.ts';
import { errorModel } from './service-models.ts';

interface JsonService {
  readonly service: ServiceName;
  readonly contentType: string;
  /** The service came from the query protocol: errors repeat its codes in a header, for clients that know only those. */
  readonly queryCompatible: boolean;
}

const json10 = 'application/x-amz-json-1.0';
const json11 = 'application/x-amz-json-1.1';

/** By what stands before the operation in x-amz-target. */
const services: ReadonlyMap<string, JsonService> = new Map<string, JsonService>([
  ['AmazonEC2ContainerServiceV20141113', { service: 'ecs', contentType: json11, queryCompatible: false }],
  ['AWSEvents', { service: 'events', contentType: json11, queryCompatible: false }],
  ['GraniteServiceVersion20100801', { service: 'monitoring', contentType: json10, queryCompatible: true }],
  ['AmazonSQS', { service: 'sqs', contentType: json10, queryCompatible: true }],
]);

const isObject = (it: unknown): it is JsonObject => typeof it === 'object' && it !== null && !Array.isArray(it);

const parse = (body: string): JsonObject => {
  if (body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    if (isObject(value)) return value;
  } catch {
    // refused below, like JSON that is no object
  }
  throw new AwsApiError('SerializationException', 'The request body is not a JSON object');
};

/**
 * awsJson 1.0 and 1.1, told apart only by the content type. Bodies go to and from the world as they are: its times
 * are epoch seconds because these protocols' are.
 */
export const jsonExchange = (target: string, body: string): Exchange => {
  const dot = target.lastIndexOf('.');
  const operation = target.slice(dot + 1);
  const found = services.get(target.slice(0, Math.max(0, dot)));
  const contentType = found?.contentType ?? json11;
  return {
    read: () => {
      if (found === undefined || !isOperationName(operation)) {
        const why =
          target === '' ? 'The request has neither X-Amz-Target nor Action' : `No such operation here: ${target}`;
        throw new AwsApiError('UnknownOperationException', why);
      }
      return { service: found.service, operation, input: parse(body) };
    },
    writeOutput: (output) => ({
      status: 200,
      headers: { 'content-type': contentType },
      body: JSON.stringify(output),
    }),
    writeError: (error) => {
      const model = found?.queryCompatible === true ? errorModel(found.service, error.code) : undefined;
      const status = model?.status ?? error.status;
      const queryError = `${model?.queryCode ?? error.code};${status < 500 ? 'Sender' : 'Receiver'}`;
      return {
        status,
        headers: {
          'content-type': contentType,
          ...(found?.queryCompatible === true ? { 'x-amzn-query-error': queryError } : {}),
        },
        body: JSON.stringify({ __type: model?.shape ?? error.code, message: error.message }),
      };
    },
  };
};
