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

variable "primary_key_arn" {
  description = "The ARN of the primary key. A change would replace the replica."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32}$", var.primary_key_arn))
    error_message = "primary_key_arn must be the ARN of a multi-Region key; its id begins with \"mrk-\"."
  }
}

variable "description" {
  description = "The description of the replica key."
  type        = string
  default     = "Multi-Region replica key"

  validation {
    condition     = length(var.description) <= 8192
    error_message = "description must have at most 8192 characters."
  }
}
