# A small world of every kind, as people write it; `changed` is what is changed in it later.

terraform {
  required_providers {
    openstack = {
      source = "terraform-provider-openstack/openstack"
    }
  }
}

provider "openstack" {
  cloud = "member"
}

variable "changed" {
  type    = bool
  default = false
}

variable "public_key" {
  type = string
}

data "openstack_networking_network_v2" "external" {
  name = "public"
}

data "openstack_images_image_v2" "image" {
  name        = "cirros"
  most_recent = true
}

data "openstack_compute_flavor_v2" "small" {
  name = "m1.tiny"
}

data "openstack_compute_flavor_v2" "bigger" {
  name = "m1.small"
}

resource "openstack_networking_network_v2" "net" {
  name           = "tf-net"
  description    = var.changed ? "changed" : "of the world"
  admin_state_up = true
  tags           = ["tf"]
}

resource "openstack_networking_subnet_v2" "subnet" {
  name            = "tf-subnet"
  network_id      = openstack_networking_network_v2.net.id
  cidr            = "10.97.1.0/24"
  ip_version      = 4
  dns_nameservers = ["192.0.2.53"]

  allocation_pool {
    start = "10.97.1.10"
    end   = "10.97.1.100"
  }
}

resource "openstack_networking_router_v2" "router" {
  name                = var.changed ? "tf-renamed" : "tf-router"
  admin_state_up      = true
  external_network_id = data.openstack_networking_network_v2.external.id
}

resource "openstack_networking_router_interface_v2" "interface" {
  router_id = openstack_networking_router_v2.router.id
  subnet_id = openstack_networking_subnet_v2.subnet.id
}

resource "openstack_networking_secgroup_v2" "group" {
  name        = "tf-group"
  description = "of the world"
}

resource "openstack_networking_secgroup_rule_v2" "rule" {
  for_each          = toset(var.changed ? ["22", "80", "443"] : ["22", "80"])
  security_group_id = openstack_networking_secgroup_v2.group.id
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = tonumber(each.key)
  port_range_max    = tonumber(each.key)
  remote_ip_prefix  = "0.0.0.0/0"
}

resource "openstack_compute_keypair_v2" "key" {
  name       = "tf-key"
  public_key = var.public_key
}

resource "openstack_networking_port_v2" "port" {
  name               = "tf-port"
  network_id         = openstack_networking_network_v2.net.id
  security_group_ids = [openstack_networking_secgroup_v2.group.id]

  fixed_ip {
    subnet_id  = openstack_networking_subnet_v2.subnet.id
    ip_address = "10.97.1.50"
  }
}

resource "openstack_compute_servergroup_v2" "apart" {
  name     = "tf-apart"
  policies = ["anti-affinity"]
}

resource "openstack_compute_instance_v2" "from_image" {
  name      = var.changed ? "tf-renamed" : "tf-from-image"
  image_id  = data.openstack_images_image_v2.image.id
  flavor_id = var.changed ? data.openstack_compute_flavor_v2.bigger.id : data.openstack_compute_flavor_v2.small.id
  key_pair  = openstack_compute_keypair_v2.key.name
  user_data = "#cloud-config\n"
  tags      = ["tf"]
  metadata  = var.changed ? { role = "changed", more = "1" } : { role = "first" }

  network {
    port = openstack_networking_port_v2.port.id
  }

  scheduler_hints {
    group = openstack_compute_servergroup_v2.apart.id
  }
}

resource "openstack_blockstorage_volume_v3" "root" {
  name     = "tf-root"
  size     = 1
  image_id = data.openstack_images_image_v2.image.id
}

resource "openstack_compute_instance_v2" "from_volume" {
  name            = "tf-from-volume"
  flavor_id       = data.openstack_compute_flavor_v2.small.id
  security_groups = [openstack_networking_secgroup_v2.group.name]

  block_device {
    uuid                  = openstack_blockstorage_volume_v3.root.id
    source_type           = "volume"
    destination_type      = "volume"
    boot_index            = 0
    delete_on_termination = false
  }

  network {
    uuid = openstack_networking_network_v2.net.id
  }

  depends_on = [openstack_networking_subnet_v2.subnet]
}

resource "openstack_blockstorage_volume_v3" "data" {
  name        = "tf-data"
  size        = var.changed ? 2 : 1
  description = "of the world"
  metadata    = { purpose = "tf" }
  # An attached volume grows only from microversion 3.42 on.
  enable_online_resize = true
}

resource "openstack_compute_volume_attach_v2" "attachment" {
  instance_id = openstack_compute_instance_v2.from_image.id
  volume_id   = openstack_blockstorage_volume_v3.data.id
}

resource "openstack_networking_floatingip_v2" "address" {
  pool        = data.openstack_networking_network_v2.external.name
  description = "of the world"
}

resource "openstack_networking_floatingip_associate_v2" "association" {
  floating_ip = openstack_networking_floatingip_v2.address.address
  port_id     = openstack_networking_port_v2.port.id
  depends_on  = [openstack_networking_router_interface_v2.interface]
}

output "address" {
  value = openstack_networking_floatingip_v2.address.address
}
