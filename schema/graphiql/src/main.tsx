import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from "@graphiql/plugin-doc-explorer";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQLProvider } from "@graphiql/react";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, GraphiQLInterface } from "graphiql";
import { createRoot } from "react-dom/client";
import { AccountBar, type Opening } from "./AccountBar";
import { observedFetch } from "./answers";
import { EditorFont } from "./EditorFont";
import { activeTab, removeStoredHeaders, storage } from "./storage";
// Not graphiql/style.css: it holds two web fonts, and the stylesheets below once more.
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./page.css";

const root = document.getElementById("graphiql")!;
const opening = JSON.parse(document.getElementById("opening")!.textContent) as Opening;

// A file of our own: the policy allows no worker made from a blob.
globalThis.MonacoEnvironment = {
  getWorker: (_id: string, label: string) => new Worker(root.dataset["worker"]!, { name: label }),
};
removeStoredHeaders();
const tab = activeTab() ?? opening;

const fetcher = createGraphiQLFetcher({
  url: location.pathname,
  subscriptionUrl: location.origin.replace("http", "ws") + location.pathname,
  fetch: observedFetch,
  enableIncrementalDelivery: false,
  // With the newer media type an error would have a status of its own, and the console a line for it.
  headers: { accept: "application/json" },
});
const plugins = [DOC_EXPLORER_PLUGIN, explorerPlugin()];

createRoot(root).render(
  <GraphiQLProvider
    fetcher={fetcher}
    storage={storage}
    plugins={plugins}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    defaultTabs={[opening]}
    defaultHeaders={opening.headers}
    initialQuery={tab.query ?? ""}
    initialVariables={tab.variables ?? ""}
    initialHeaders={tab.headers ?? undefined}
    shouldPersistHeaders
    inputValueDeprecation
  >
    <DocExplorerStore>
      <EditorFont />
      <AccountBar copies={opening.copies} demo={opening.demo} />
      <GraphiQLInterface
        showPersistHeadersSettings={false}
        defaultEditorToolsVisibility="variables"
        isHeadersEditorEnabled
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
      </GraphiQLInterface>
    </DocExplorerStore>
  </GraphiQLProvider>,
);
