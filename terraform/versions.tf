terraform {
  # The first version with optional attributes in variables.
  required_version = ">= 1.3"

  required_providers {
    fastly = {
      source = "fastly/fastly"
      # The first version in which fastly_package_hash can be used together with `filename`.
      version = ">= 5.16"
    }
  }
}

# The token comes from the environment: FASTLY_API_KEY.
provider "fastly" {}
