variable "name" {
  description = "Name of the service."
  type        = string
  default     = "b2-edge"
}

variable "domains" {
  description = "Domains of the service. One under edgecompute.app needs no DNS record and no certificate."
  type        = list(string)

  validation {
    condition     = length(var.domains) > 0
    error_message = "A service needs at least one domain."
  }
}

variable "package" {
  description = "The package that `fastly compute build` makes."
  type        = string
  default     = "../pkg/b2-edge.tar.gz"
}

variable "origins" {
  description = <<-EOT
    The buckets, by the names of their backends. address is <bucket>.<endpoint>: the bucket's name, a dot, and the
    Endpoint that B2 shows for it. shield is a Fastly shield code, which b2-edge does not use; see README.md.
  EOT
  type = map(object({
    address = string
    shield  = optional(string)
  }))

  validation {
    condition     = length(var.origins) >= 1 && length(var.origins) <= 6
    error_message = "b2-edge takes one to six origins."
  }
  validation {
    condition     = alltrue([for name in keys(var.origins) : can(regex("^[A-Za-z0-9_.-]+$", name))])
    error_message = "The name of a backend is part of its secrets' names: letters, digits, _, . and - only."
  }
  validation {
    condition     = alltrue([for origin in values(var.origins) : !can(regex("[/: ]", origin.address))])
    error_message = "An address is a host name alone: no https://, no path, no port."
  }
}

variable "origin_order" {
  description = "Backends in the order of `origins` in the configuration. The first is the default. Empty: us_origin and eu_origin if they exist, then the others by name."
  type        = list(string)
  default     = []
}

variable "config" {
  description = "Further fields of the configuration, which docs/configuration.md lists."
  type        = any
  default     = {}
}

variable "first_byte_timeout_ms" {
  description = "Time limit for the first byte of an origin's response, in milliseconds. b2-edge tries the next origin long before."
  type        = number
  default     = 15000
}

variable "between_bytes_timeout_ms" {
  description = "Time limit between bytes of an origin's response, in milliseconds."
  type        = number
  default     = 10000
}

variable "write_backends" {
  description = "Whether each origin has a second backend, <origin>_write, with long time limits for uploads through the S3 endpoint."
  type        = bool
  default     = false
}

variable "webhook_host" {
  description = "Host of the URL in s3.webhook.url, for the backend webhook; null: no such backend."
  type        = string
  default     = null
}

variable "health_checks" {
  description = "Whether Fastly checks the health of every origin. A private bucket responds to an unsigned check with 403, which counts as healthy."
  type        = bool
  default     = false
}

variable "https_log" {
  description = "Where log lines are posted to, in addition to the service's standard output; null: nowhere."
  type = object({
    url          = string
    header_name  = optional(string)
    header_value = optional(string)
  })
  default   = null
  sensitive = true
}
