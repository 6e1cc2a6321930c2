variable "alias" {
  description = "The alias of the key, without \"alias/\"."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.alias)) && !can(regex("^(?i:aws|alias)/|^/|/$|//", var.alias))
    error_message = "alias must be 1 to 250 letters, digits, \"_\", \"-\" or single \"/\" between them, without \"alias/\", and not under \"aws/\", which AWS keeps for itself."
  }
}

variable "policy" {
  description = "The key policy as JSON; see the key-policy module."
  type        = string

  validation {
    condition     = can(jsondecode(var.policy).Statement)
    error_message = "policy must be a JSON object with \"Statement\"."
  }
}

variable "tags" {
  description = "Tags of the key. KMS does not share tags between a primary and its replicas."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : length(key) <= 128 && length(value) <= 256 && !can(regex("^(?i:aws:)", key))])
    error_message = "tags must be at most 50, with keys of at most 128 and values of at most 256 characters, and no key may begin with \"aws:\"."
  }
}

variable "deletion_window_in_days" {
  description = "Waiting period in days before KMS deletes the key. The key cannot be used during it."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30 && floor(var.deletion_window_in_days) == var.deletion_window_in_days
    error_message = "deletion_window_in_days must be a whole number from 7 to 30."
  }
}

variable "description" {
  description = "The description of the primary key."
  type        = string
  default     = "Multi-Region primary key"

  validation {
    condition     = length(var.description) <= 8192
    error_message = "description must have at most 8192 characters."
  }
}

variable "key_spec" {
  description = "The key spec, e.g. RSA_2048. A change would replace the key."
  type        = string
  default     = "SYMMETRIC_DEFAULT"

  validation {
    condition     = can(regex("^[A-Z0-9_]+$", var.key_spec))
    error_message = "key_spec must be a key spec as KMS writes it, e.g. SYMMETRIC_DEFAULT."
  }
}

variable "key_usage" {
  description = "The key usage, one that the key spec allows. A change would replace the key."
  type        = string
  default     = "ENCRYPT_DECRYPT"

  validation {
    condition     = contains(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"], var.key_usage)
    error_message = "key_usage must be ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC, KEY_AGREEMENT or ENCAPSULATE_DECAPSULATE."
  }
}

variable "enable_key_rotation" {
  description = "Automatic rotation of the key material, for the primary and its replicas. Default: true for SYMMETRIC_DEFAULT keys; no others can rotate."
  type        = bool
  default     = null
}

variable "rotation_period_in_days" {
  description = "Days between two rotations, 90 to 2560. Default: AWS's own, 365. Needs version 5.49.0 of the provider."
  type        = number
  default     = null

  validation {
    condition     = var.rotation_period_in_days == null ? true : var.rotation_period_in_days >= 90 && var.rotation_period_in_days <= 2560 && floor(var.rotation_period_in_days) == var.rotation_period_in_days
    error_message = "rotation_period_in_days must be a whole number from 90 to 2560."
  }
}
