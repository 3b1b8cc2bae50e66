import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

export default {
  schema: "../../../schema/schema.graphql",
  documents: "trusted/*.ts",
  generates: {
    "trusted/gql/": {
      preset: "client",
      presetConfig: { persistedDocuments: { hashAlgorithm: "sha256" } },
      // Apollo Client's cache needs it of every object; what is registered is all that is answered.
      documentTransforms: [addTypenameSelectionDocumentTransform],
    },
  },
} satisfies CodegenConfig;
