import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

export default {
  schema: "../../../schema/schema.graphql",
  documents: "trusted/*.ts",
  generates: {
    "trusted/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: { hashAlgorithm: "sha256" } },
      // Apollo Client's cache needs __typename on every object, and only what is registered is answered.
      documentTransforms: [addTypenameSelectionDocumentTransform],
    },
  },
} satisfies CodegenConfig;
