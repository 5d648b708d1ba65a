/**
 * Stands in for the SDK's event streams, which no operation that Berth calls has: clients ask for a provider when they
 * are made, and would use it when such an operation is called.
 */
export const eventStreamSerdeProvider = () => ({});

export const resolveEventStreamSerdeConfig = (input) => input;

export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are left out of the bundle');
  }
}
