import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { InvocationTelemetry } from '../lib/ports/telemetry.ts';

/** A Lambda handler as the runtime, or the simulator's host, calls it. */
export type Handler<E, R> = (event: E, context: Context) => Promise<R>;

/**
 * Wraps the work of a function: log context before, metrics after, and unexpected errors logged and passed on, so
 * that Lambda's retries and the dead-letter queues do their part.
 */
export const invocation = <E, R>(telemetry: InvocationTelemetry, work: (event: E) => Promise<R>): Handler<E, R> => {
  const handler = middy<E, R>()
    .use({
      before: ({ context }: { readonly context: Context }) => {
        telemetry.begin(context);
      },
      after: () => {
        telemetry.flush();
      },
      onError: ({ error }) => {
        telemetry.error('unexpected error', {
          error:
            error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : String(error),
        });
        telemetry.flush();
      },
    })
    .handler((event: E) => work(event));
  return (event, context) => handler(event, context);
};

/**
 * Builds a handler once: in Lambda during the initialisation of the process, which is when configuration errors
 * should show; anywhere else at the first call, so that a function's factory can be imported without its environment.
 */
export const builtOnce = <E, R>(build: () => Handler<E, R>): Handler<E, R> => {
  let built = process.env['AWS_LAMBDA_FUNCTION_NAME'] === undefined ? undefined : build();
  return (event, context) => {
    built ??= build();
    return built(event, context);
  };
};
