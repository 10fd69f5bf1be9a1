output "service_id" {
  description = "ID of the service, as FASTLY_SERVICE_ID for the CLI."
  value       = fastly_service_compute.b2_edge.id
}

output "active_version" {
  description = "Active version of the service."
  value       = fastly_service_compute.b2_edge.active_version
}

output "config" {
  description = "Configuration of the service."
  value       = jsonencode(local.config)
}

output "set_secrets" {
  description = "Commands that set the keys. Each asks for its value."
  value = flatten([
    for origin in keys(var.origins) : [
      for what in ["key_id", "application_key"] :
      "fastly secret-store-entry create --store-id=${fastly_secretstore.b2_edge_keys.id} --name=${origin}_${what} --recreate-allow"
    ]
  ])
}
