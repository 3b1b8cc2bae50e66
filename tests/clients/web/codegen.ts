import type { CodegenConfig } from "@graphql-codegen/cli";

export default {
  schema: "../../../schema/schema.graphql",
  documents: "src/**/*.{ts,tsx}",
  ignoreNoDocuments: true,
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: { unmaskFunctionName: "unmask" } },
      config: {
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { Date: "string", DateTime: "string", Time: "string", JSON: "unknown", Upload: "File" },
        useTypeImports: true,
      },
    },
    // Without it Apollo Client's cache cannot match a fragment on a union's member, and warns.
    "src/gql/possible-types.ts": { plugins: ["fragment-matcher"] },
  },
} satisfies CodegenConfig;
