/**
 * Monaco's three workers in one file, as they share most of their code. The worker's name says which
 * of them to start. The modules are part of this file, so that each import ends before the browser
 * delivers the first message.
 */
const start: Record<string, () => Promise<unknown>> = {
  graphql: () => import("monaco-graphql/esm/graphql.worker.js"),
  json: () => import("monaco-editor/esm/vs/language/json/json.worker.js"),
};

void (start[self.name] ?? (() => import("monaco-editor/esm/vs/editor/editor.worker.js")))();
