import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { AwsApiError, JsonObject, ServiceName } from '../world/api.ts';

/** One request, its body read and unpacked. */
export interface Request {
  /** Path and query string, as sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One answer; what every answer carries besides (Date, request id) is the server's to add. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string | Buffer;
}

/** What a request asks of the world. */
interface Call {
  readonly service: ServiceName;
  readonly operation: string;
  readonly input: JsonObject;
}

/** One request and its answer, in one of AWS's protocols. */
export interface Exchange {
  /** Throws an `AwsApiError` where the request is no call of this protocol. */
  read(): Call;
  writeOutput(output: JsonObject): Answer;
  /** Works whether or not `read` found a call. */
  writeError(error: AwsApiError): Answer;
}

/** Whether a name can be an operation: the world's tables are plain objects, and `constructor` is in all of them. */
export const isOperationName = (name: string): boolean => /^[A-Z][A-Za-z0-9]{1,100}$/.test(name);
