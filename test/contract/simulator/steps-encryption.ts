/** Types whose volumes are encrypted, and that a cloud without a key manager makes none of them. */
import { type Step, saving, verbs } from "./step.ts";

const { get, post, put, del } = verbs("block-storage", "3.70");
const admin = verbs("block-storage", "3.70", "admin");
const absent = "00000000-0000-0000-0000-000000000000";
const type = "/v3/types/{type}";
const cipher = { key_size: 256, provider: "luks", control_location: "front-end", cipher: "aes-xts-plain64" };

export const encryption: readonly Step[] = [
  admin.post("/v3/types", { volume_type: { name: "parity-encrypted" } }, saving("type", "volume_type")),
  admin.get(`${type}/encryption`),
  post(`${type}/encryption`, { encryption: cipher }),
  ...[
    {},
    { encryption: {} },
    { encryption: { ...cipher, control_location: "nope" } },
    { encryption: { ...cipher, key_size: "x" } },
  ].map((body) => admin.post(`${type}/encryption`, body)),
  admin.post(`/v3/types/${absent}/encryption`, { encryption: cipher }),
  admin.post(`${type}/encryption`, { encryption: cipher }, saving("encryption", "encryption", "encryption_id")),
  admin.post(`${type}/encryption`, { encryption: cipher }),
  admin.get(`${type}/encryption`),
  get(`${type}/encryption`),
  ...["cipher", "key_size", "nope"].map((key) => admin.get(`${type}/encryption/${key}`)),
  admin.get(type),
  post("/v3/volumes", { volume: { size: 1, volume_type: "parity-encrypted" } }),
  admin.put(`${type}/encryption/{encryption}`, { encryption: { key_size: 128 } }),
  admin.put(`${type}/encryption/{encryption}`, { encryption: {} }),
  admin.put(`${type}/encryption/${absent}`, { encryption: { key_size: 128 } }),
  put(`${type}/encryption/{encryption}`, { encryption: { key_size: 128 } }),
  admin.get(`${type}/encryption`),
  del(`${type}/encryption/{encryption}`),
  admin.del(`${type}/encryption/{encryption}`),
  admin.del(`${type}/encryption/{encryption}`),
  admin.get(`${type}/encryption`),
  post("/v3/volumes", { volume: { size: 1, name: "parity-plain" } }, saving("volume", "volume")),
  get("/v3/volumes/{volume}/encryption"),
  get("/v3/volumes/{volume}", { until: { path: ["volume", "status"], is: "available" } }),
  del("/v3/volumes/{volume}"),
  admin.del(type),
];
