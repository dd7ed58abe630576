// validate.cjs FILE...: holds Kubernetes objects against Kubernetes' own
// schemas. A field that no schema knows is a fault: a real API server would
// drop it in silence, or refuse it.
"use strict";

// The package registers each schema as it is asked for; here they are kept, to
// be made strict before they are compiled.
const schemas = new Map();
const register = require.resolve("@kubernetes-models/validate");
require.cache[register] = {
  id: register, filename: register, loaded: true,
  exports: {register: (id, schema) => schemas.set(id, structuredClone(schema))},
};

const fs = require("node:fs");
const path = require("node:path");
const yaml = require("js-yaml");
const Ajv = require("ajv").default;
const formats = require("ajv-formats").default;

const MODELS = path.join(
    path.dirname(require.resolve("kubernetes-models")), "_schemas");

const KINDS = {
  "v1/ConfigMap": "CoreV1ConfigMap",
  "v1/Pod": "CoreV1Pod",
  "v1/Secret": "CoreV1Secret",
  "v1/Service": "CoreV1Service",
  "v1/ServiceAccount": "CoreV1ServiceAccount",
  "apps/v1/Deployment": "AppsV1Deployment",
  "autoscaling/v2/HorizontalPodAutoscaler": "AutoscalingV2HorizontalPodAutoscaler",
  "networking.k8s.io/v1/NetworkPolicy": "NetworkingV1NetworkPolicy",
  "policy/v1/PodDisruptionBudget": "PolicyV1PodDisruptionBudget",
};

// Prometheus Operator's, as far as the chart uses them.
const labels = {type: "object", additionalProperties: {type: "string"}};
const object = (properties, required) =>
    ({type: "object", properties, required, additionalProperties: false});
const text = {type: "string"};
const duration = {type: "string", pattern: "^[0-9]+(ms|s|m|h|d)$"};
const list = (items) => ({type: "array", items, minItems: 1});
const custom = (spec) => object(
    {apiVersion: text, kind: text, spec,
     metadata: object({name: text, labels}, ["name"])},
    ["apiVersion", "kind", "metadata", "spec"]);
const CUSTOM = {
  "monitoring.coreos.com/v1/ServiceMonitor": custom(object({
    selector: object({matchLabels: labels}, ["matchLabels"]),
    endpoints: list(object(
        {port: text, path: text, interval: duration}, ["port"])),
  }, ["selector", "endpoints"])),
  "monitoring.coreos.com/v1/PrometheusRule": custom(object({
    groups: list(object({
      name: text,
      interval: duration,
      rules: list({oneOf: [
        object({record: text, expr: text, labels}, ["record", "expr"]),
        object({alert: text, expr: text, for: duration, labels,
                annotations: labels}, ["alert", "expr"]),
      ]}),
    }, ["name", "rules"])),
  }, ["groups"])),
};

// Everything with named properties takes only these.
function close(schema) {
  if (schema === null || typeof schema !== "object") return;
  if (schema.properties && schema.additionalProperties === undefined) {
    schema.additionalProperties = false;
  }
  Object.values(schema).forEach(close);
}

const ajv = new Ajv({strict: false, allErrors: true});
formats(ajv);
for (const format of ["int-or-string", "int32", "int64", "quantity"]) {
  if (!ajv.formats[format]) ajv.addFormat(format, true);
}
const compiled = new Map();

function judge(what) {
  if (compiled.has(what)) return compiled.get(what);
  let schema = CUSTOM[what];
  if (!schema) {
    const name = KINDS[what];
    if (!name) throw new Error(`${what}: no schema is named for it`);
    require(path.join(MODELS, `IoK8sApi${name}.js`)).addSchema();
    for (const [id, registered] of schemas) {
      if (ajv.getSchema(id)) continue;
      close(registered);
      ajv.addSchema(registered, id);
    }
    schema = {$ref: [...schemas.keys()].find((id) =>
        id.replaceAll(".", "").toLowerCase() ===
        `iok8sapi${name}`.toLowerCase())};
  }
  compiled.set(what, ajv.compile(schema));
  return compiled.get(what);
}

let faults = 0;
let objects = 0;
for (const file of process.argv.slice(2)) {
  for (const one of yaml.loadAll(fs.readFileSync(file, "utf8"))) {
    if (one === null) continue;
    ++objects;
    const validate = judge(`${one.apiVersion}/${one.kind}`);
    if (validate(one)) continue;
    for (const error of validate.errors) {
      ++faults;
      console.log(`${file}: ${one.kind} ${one.metadata?.name}: ` +
                  `${error.instancePath} ${error.message} ` +
                  `${error.params?.additionalProperty ?? ""}`);
    }
  }
}
console.log(`${objects} objects, ${faults} faults`);
process.exitCode = faults ? 1 : 0;
