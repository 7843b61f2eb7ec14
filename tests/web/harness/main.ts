export {};
(globalThis as unknown as { hello: number }).hello = 1;
