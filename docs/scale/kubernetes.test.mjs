// Validates kubernetes.yaml with the schemas of Kubernetes' own API, as npm has them:
//   npm install kubernetes-models yaml && node kubernetes.test.mjs kubernetes.yaml
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { parseAllDocuments } = require("yaml");

for (const document of parseAllDocuments(readFileSync(process.argv[2], "utf8"))) {
  const manifest = document.toJS();
  const api = manifest.apiVersion;
  const Model = require(`kubernetes-models/${api}/${manifest.kind}`)[manifest.kind];
  new Model(manifest).validate();
  console.log(`${api} ${manifest.kind} ${manifest.metadata.name}: valid`);
}
