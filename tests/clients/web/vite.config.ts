import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The API and the avatars come from the server; the browser sees one origin.
const server = process.env["CYBERMED_URL"] ?? "http://127.0.0.1:8000";
export const proxyTo = (target: string) => ({
  "/graphql": { target, ws: true },
  "/media": { target },
});

export default defineConfig({
  plugins: [react()],
  server: { proxy: proxyTo(server) },
  build: { chunkSizeWarningLimit: 600 },
});
