terraform {
  # The first with optional attributes in variables.
  required_version = ">= 1.3"

  required_providers {
    fastly = {
      source = "fastly/fastly"
      # Since this version fastly_package_hash works beside `filename`.
      version = ">= 5.16"
    }
  }
}

# The token comes from the environment: FASTLY_API_KEY.
provider "fastly" {}
