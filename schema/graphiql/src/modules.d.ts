/** Imported modules that have no types. */
declare module "*.css";
declare module "*.worker.js";

declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker };
