import type { Mixin } from "../table.ts";
import type { ComputeChange, ComputeDraft, ComputeServer } from "./computeRows.ts";
import { DEFAULT_CONNECTIVITY } from "./connectivity.ts";
import { isTemporaryKey } from "./keys.ts";
import { METADATA } from "./metadata.ts";

/** Nova takes 65535 characters of base64 (nova stable/zed: nova/api/openstack/compute/schemas/servers.py). */
const BASE64 = "^(?=.{0,65535}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";

/** Contextualization and credentials (GFD.224 §3.5, and the pair of the 1.1 era that ooi serves): given once, at creation. */
export const COMPUTE_MIXINS: readonly Mixin<ComputeServer, ComputeDraft, ComputeChange>[] = [
  {
    scheme: "http://schemas.ogf.org/occi/infrastructure/compute#",
    term: "user_data",
    title: "Contextualization",
    location: "/mixin/user_data/",
    later: "IMMUTABLE",
    isAssigned: () => false,
    rows: [
      {
        name: "occi.compute.userdata",
        type: "string",
        required: true,
        description: "Given once, at creation; base64",
        pattern: BASE64,
        write: (userData) => ({ userData }),
        later: "IMMUTABLE",
      },
    ],
  },
  {
    scheme: "http://schemas.openstack.org/compute/instance#",
    term: "user_data",
    title: "User data (1.1 era)",
    location: "/mixin/os_user_data/",
    later: "IMMUTABLE",
    isAssigned: () => false,
    rows: [
      {
        name: "org.openstack.compute.user_data",
        type: "string",
        description: "Base64",
        pattern: BASE64,
        write: (osUserData) => ({ osUserData }),
        later: "IMMUTABLE",
      },
    ],
  },
  {
    scheme: "http://schemas.openstack.org/instance/credentials#",
    term: "public_key",
    title: "Public key (1.1 era)",
    location: "/mixin/os_public_key/",
    later: "IMMUTABLE",
    isAssigned: ({ keyName }) => keyName !== undefined && !isTemporaryKey(keyName),
    rows: [
      {
        name: "org.openstack.credentials.publickey.name",
        type: "string",
        description: "Name of a key pair that exists, or of one that is made of the data",
        read: ({ keyName }) => keyName,
        write: (keyName) => ({ keyName }),
        later: "IMMUTABLE",
      },
      {
        name: "org.openstack.credentials.publickey.data",
        type: "string",
        description: "The public key itself",
        write: (osPublicKey) => ({ osPublicKey }),
        later: "IMMUTABLE",
      },
    ],
  },
  {
    scheme: "http://schemas.ogf.org/occi/infrastructure/credentials#",
    term: "ssh_key",
    title: "SSH key",
    location: "/mixin/ssh_key/",
    later: "IMMUTABLE",
    isAssigned: ({ keyName }) => keyName !== undefined && isTemporaryKey(keyName),
    rows: [
      {
        name: "occi.credentials.ssh.publickey",
        type: "string",
        required: true,
        description: "Public key to place in the compute",
        write: (publicKey) => ({ publicKey }),
        later: "IMMUTABLE",
      },
    ],
  },
  DEFAULT_CONNECTIVITY,
  METADATA,
];
