import { useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

const FONT = { fontFamily: 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace', fontSize: 14 };

/** Give the editors a font of the browser's. GraphiQL names a web font that this page does not load. */
export function EditorFont() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const headers = useGraphiQL((state) => state.headerEditor);
  const response = useGraphiQL((state) => state.responseEditor);
  useEffect(() => {
    for (const editor of [query, variables, headers, response]) editor?.updateOptions(FONT);
  }, [query, variables, headers, response]);
  return null;
}
