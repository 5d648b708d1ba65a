import { memoryStore } from '../../simulator/host/ports/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract('memoryStore', () => {
  const store = memoryStore();
  return Promise.resolve({ store, history: store, [Symbol.asyncDispose]: () => Promise.resolve() });
});
