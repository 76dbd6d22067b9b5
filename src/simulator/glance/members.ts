/** Who else an image is shared with, and what he says to it; and an image's tags. */
import { isObject, type JsonObject, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import { isoSeconds } from "../core/times.ts";
import type { Call, MemberRoute, Policy } from "../core/types.ts";
import { bad, denied } from "./form.ts";
import { type Image, images, type Member, memberOf, members } from "./images.ts";

const reader = (name: string): Policy => ({ name, rule: "reader" });
const member = (name: string): Policy => ({ name, rule: "member" });

function memberView(row: Member): JsonObject {
  return {
    member_id: row.member_id,
    image_id: row.image_id,
    status: row.status,
    created_at: isoSeconds(row.created_at),
    updated_at: isoSeconds(row.updated_at),
    schema: "/v2/schemas/member",
  };
}

function owns(image: Image, call: Call): boolean {
  return call.actor.admin || image.owner === call.actor.projectId;
}

function absent(image: Image, project: string): Refusal {
  return new Refusal(404, `${project} not found in the member list of the image ${image.id}.`);
}

/** The member that the path names: the owner sees all, a member himself. */
function found(image: Image, call: Call): Member {
  const project = call.params.member ?? "";
  const row = memberOf(call, image, project);
  if (row === undefined || !(owns(image, call) || project === call.actor.projectId)) throw absent(image, project);
  return row;
}

function tagChange(image: Image, call: Call): void {
  if (!owns(image, call)) throw denied(`Not allowed to update tags for image ${image.id}.`);
}

const empty = { status: 204, headers: { "content-type": "text/html; charset=UTF-8" } };

export const memberRoutes: readonly MemberRoute<Image>[] = [
  {
    method: "GET",
    path: "/members",
    policy: reader("get_members"),
    run(image, call) {
      if (image.visibility !== "shared")
        throw denied(`Not allowed to list members for image ${image.id}: Only shared images have members.`);
      const all = call.world.of(members).by("image_id", image.id);
      const seen = owns(image, call) ? all : all.filter((row) => row.member_id === call.actor.projectId);
      return { status: 200, body: { members: seen.map(memberView), schema: "/v2/schemas/members" } };
    },
  },
  {
    method: "POST",
    path: "/members",
    policy: member("add_member"),
    run(image, call) {
      const project = isObject(call.body) ? text(call.body.member) : "";
      if (project === "") throw bad("Member to be added not specified");
      if (!owns(image, call)) throw denied(`Not allowed to create members for image ${image.id}.`);
      if (image.visibility !== "shared")
        throw denied(`Not allowed to create members for image ${image.id}: Only shared images have members.`);
      if (memberOf(call, image, project) !== undefined)
        throw new Refusal(409, `Member ${project} is duplicated for image ${image.id}`);
      const row = call.world.of(members).put({
        id: `${image.id}/${project}`,
        image_id: image.id,
        member_id: project,
        status: "pending",
        created_at: call.now,
        updated_at: call.now,
      });
      return { status: 200, body: memberView(row) };
    },
  },
  {
    method: "GET",
    path: "/members/{member}",
    policy: reader("get_member"),
    run: (image, call) => ({ status: 200, body: memberView(found(image, call)) }),
  },
  {
    method: "PUT",
    path: "/members/{member}",
    policy: member("modify_member"),
    run(image, call) {
      const status = isObject(call.body) ? text(call.body.status) : "";
      if (!["pending", "accepted", "rejected"].includes(status))
        throw bad('Incorrect request: Status must be "pending", "accepted" or "rejected".');
      const row = found(image, call);
      // The owner offers, only the member accepts.
      if (row.member_id !== call.actor.projectId && !call.actor.admin)
        throw denied(`Not allowed to update members for image ${image.id}.`);
      return { status: 200, body: memberView(call.world.of(members).put({ ...row, status, updated_at: call.now })) };
    },
  },
  {
    method: "DELETE",
    path: "/members/{member}",
    policy: member("delete_member"),
    run(image, call) {
      if (!owns(image, call)) throw denied(`Not allowed to delete members for image ${image.id}.`);
      call.world.of(members).delete(found(image, call).id);
      return empty;
    },
  },
  {
    method: "PUT",
    path: "/tags/{tag}",
    policy: member("modify_image"),
    run(image, call) {
      tagChange(image, call);
      const tag = call.params.tag ?? "";
      if (tag.length > 255) throw bad(`Provided object does not match schema 'image': '${tag}' is too long`);
      const tags = [...new Set([...image.tags, tag])];
      call.world.of(images).put({ ...image, tags, updated_at: call.now });
      return empty;
    },
  },
  {
    method: "DELETE",
    path: "/tags/{tag}",
    policy: member("modify_image"),
    run(image, call) {
      tagChange(image, call);
      const tag = call.params.tag ?? "";
      if (!image.tags.includes(tag)) throw new Refusal(404, "The resource could not be found.");
      call.world.of(images).put({ ...image, tags: image.tags.filter((one) => one !== tag), updated_at: call.now });
      return empty;
    },
  },
];
