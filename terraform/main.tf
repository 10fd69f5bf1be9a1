# The service that `fastly compute publish` and the Deploy to Fastly button create. b2-edge looks for these names
# of stores, items and log endpoint.

locals {
  preferred = [for name in ["us_origin", "eu_origin"] : name if contains(keys(var.origins), name)]
  others    = [for name in sort(keys(var.origins)) : name if !contains(local.preferred, name)]
  order     = length(var.origin_order) > 0 ? var.origin_order : concat(local.preferred, local.others)

  # `origins` in var.config replaces the order of the backends.
  config = merge({ origins = local.order }, var.config)
}

data "fastly_package_hash" "b2_edge" {
  filename = var.package
}

resource "fastly_service_compute" "b2_edge" {
  name    = var.name
  comment = "Private Backblaze B2 buckets, each request served from the nearest region that can answer it"

  package {
    filename         = var.package
    source_code_hash = data.fastly_package_hash.b2_edge.hash
  }

  dynamic "domain" {
    for_each = var.domains
    content {
      name = domain.value
    }
  }

  # b2-edge reads bucket, endpoint and region from the address, which is also SNI, certificate host and Host.
  # TLS has to be enabled: the provider's default is port 80 without it.
  dynamic "backend" {
    for_each = var.origins
    content {
      name                  = backend.key
      address               = backend.value.address
      port                  = 443
      use_ssl               = true
      ssl_check_cert        = true
      ssl_sni_hostname      = backend.value.address
      ssl_cert_hostname     = backend.value.address
      override_host         = backend.value.address
      min_tls_version       = "1.2"
      connect_timeout       = 1000
      first_byte_timeout    = var.first_byte_timeout_ms
      between_bytes_timeout = var.between_bytes_timeout_ms
      healthcheck           = var.health_checks ? backend.key : null
      shield                = backend.value.shield
    }
  }

  # Fastly's limit for the first byte of a response includes the upload of the request.
  dynamic "backend" {
    for_each = var.write_backends ? var.origins : {}
    content {
      name                  = "${backend.key}_write"
      address               = backend.value.address
      port                  = 443
      use_ssl               = true
      ssl_check_cert        = true
      ssl_sni_hostname      = backend.value.address
      ssl_cert_hostname     = backend.value.address
      override_host         = backend.value.address
      min_tls_version       = "1.2"
      connect_timeout       = 1000
      first_byte_timeout    = 120000
      between_bytes_timeout = 60000
    }
  }

  dynamic "backend" {
    for_each = var.webhook_host == null ? [] : [var.webhook_host]
    content {
      name              = "webhook"
      address           = backend.value
      port              = 443
      use_ssl           = true
      ssl_check_cert    = true
      ssl_sni_hostname  = backend.value
      ssl_cert_hostname = backend.value
      override_host     = backend.value
      min_tls_version   = "1.2"
    }
  }

  dynamic "healthcheck" {
    for_each = var.health_checks ? var.origins : {}
    content {
      name              = healthcheck.key
      host              = healthcheck.value.address
      path              = "/"
      method            = "HEAD"
      expected_response = 403
      check_interval    = 15000
      timeout           = 5000
      window            = 5
      threshold         = 3
      initial           = 3
    }
  }

  resource_link {
    name        = fastly_secretstore.b2_edge_keys.name
    resource_id = fastly_secretstore.b2_edge_keys.id
  }

  resource_link {
    name        = fastly_configstore.b2_edge.name
    resource_id = fastly_configstore.b2_edge.id
  }

  dynamic "logging_https" {
    for_each = nonsensitive(var.https_log == null) ? [] : ["b2_edge"]
    content {
      name         = logging_https.value
      url          = var.https_log.url
      method       = "POST"
      content_type = "application/json"
      # One JSON object for each line.
      json_format  = "2"
      header_name  = var.https_log.header_name
      header_value = var.https_log.header_value
    }
  }

  # Protects an active service from an accidental plan.
  force_destroy = false
}

# Its entries are secrets and stay out of Terraform's state: README.md in this folder says how to set them.
resource "fastly_secretstore" "b2_edge_keys" {
  name = "b2_edge_keys"
}

resource "fastly_configstore" "b2_edge" {
  name = "b2_edge"
}

resource "fastly_configstore_entries" "b2_edge" {
  store_id = fastly_configstore.b2_edge.id
  entries = {
    config = jsonencode(local.config)
  }
  # Without this, changes of var.config after the first apply are ignored.
  manage_entries = true
}
