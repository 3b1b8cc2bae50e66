"use strict";

const opening = JSON.parse(document.getElementById("opening").textContent);
// Of its first tab GraphiQL shows everything but the variables: those it takes from here.
if (!localStorage.getItem("graphiql:tabState")) localStorage.setItem("graphiql:variables", opening.variables);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({
      url: window.location.pathname,
      subscriptionUrl: window.location.origin.replace("http", "ws") + window.location.pathname,
    }),
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    defaultTabs: [opening],
    defaultHeaders: opening.headers,
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    inputValueDeprecation: true,
  }),
);
