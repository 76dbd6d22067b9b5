/** Images that come in two steps, staged and imported, and the tasks that this is. */
import { type Step, verbs } from "./step.ts";

const { get, post, put, del } = verbs("image");
const admin = verbs("image", undefined, "admin");
const stranger = verbs("image", undefined, "stranger");
const own = "/v2/images/{image}";
const bytes = { headers: { "content-type": "application/octet-stream" } };
const absent = "00000000-0000-0000-0000-000000000000";
const draft = { name: "parity-import", disk_format: "raw", container_format: "bare" };
const saved = { save: { image: ["id"] } };
const by = (name: string, more: object = {}): object => ({ method: { name, ...more } });

export const imports: readonly Step[] = [
  get("/v2/info/import"),
  get("/v2/info/stores"),
  get("/v2/info/stores/detail"),
  get("/v2/schemas/tasks"),
  get("/v2/schemas/task"),
  get("/v2/tasks"),
  get(`/v2/tasks/${absent}`),
  admin.get(`/v2/tasks/${absent}`),
  admin.get("/v2/tasks?nope=1&limit=0"),
  post("/v2/tasks", { type: "import", input: {} }),
  get("/v2/cache"),
  post("/v2/images", draft, saved),
  post(`${own}/import`, by("glance-direct")),
  ...[
    {},
    { method: {} },
    { method: { name: 1 } },
    by("nope"),
    by("web-download", { uri: "http://127.0.0.1:1/x" }),
    by("copy-image"),
    { ...by("glance-direct"), stores: ["files"], all_stores: true },
    { ...by("glance-direct"), stores: ["nope"] },
    { ...by("glance-direct"), nope: 1 },
  ].map((body) => post(`${own}/import`, body)),
  post(`/v2/images/${absent}/import`, by("glance-direct")),
  stranger.post(`${own}/import`, by("glance-direct")),
  stranger.put(`${own}/stage`, "abc", bytes),
  put(`/v2/images/${absent}/stage`, "abc", bytes),
  put(`${own}/stage`, { a: 1 }),
  put(`${own}/stage`, "staged data", bytes),
  get(own),
  put(`${own}/stage`, "staged again", bytes),
  put(`${own}/file`, "not so", bytes),
  get(`${own}/tasks`),
  post(`${own}/import`, by("glance-direct")),
  get(own, { until: { path: ["status"], is: "active" } }),
  get(`${own}/file`),
  get(`${own}/tasks`, {
    save: { task: ["tasks", "0", "id"] },
    until: { path: ["tasks", "0", "status"], is: "success" },
  }),
  get(own),
  stranger.get(`${own}/tasks`),
  get(`/v2/images/${absent}/tasks`),
  admin.get("/v2/tasks/{task}"),
  get("/v2/tasks/{task}"),
  post(`${own}/import`, by("glance-direct")),
  put(`${own}/stage`, "too late", bytes),
  post(`${own}/import`, { ...by("copy-image"), stores: ["files"] }),
  post(`${own}/import`, { ...by("copy-image"), all_stores: true }),
  del(own),
  post("/v2/images", { name: "parity-import" }, saved),
  put(`${own}/stage`, "abc", bytes),
  post(`${own}/import`, by("glance-direct")),
  del(own),
  post("/v2/images", draft, saved),
  put(`${own}/stage`, "abc", bytes),
  post(`${own}/import`, { ...by("glance-direct"), all_stores: true, all_stores_must_succeed: false }),
  get(own, { until: { path: ["status"], is: "active" } }),
  del(own, { until: { status: 204 } }),
  post("/v2/images", draft, saved),
  put(`${own}/stage`, "abc", bytes),
  del(own),
];
