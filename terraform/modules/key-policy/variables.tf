variable "account_ids" {
  description = "Other accounts that may use the key, 12 digits each. None: no statement for other accounts."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "Each account id must be 12 digits, in quotes so that leading zeros stay."
  }
}

variable "administrators" {
  description = "IAM ARNs that may administer the key, but not use it."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.administrators : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(root|(user|role)/.+)$", arn))])
    error_message = "Each administrator must be the ARN of an IAM user, role or account root."
  }
}

variable "users" {
  description = "IAM ARNs that may use the key for cryptographic operations."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.users : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:(root|(user|role)/.+)$", arn))])
    error_message = "Each user must be the ARN of an IAM user, role or account root."
  }
}

variable "grants" {
  description = "Grants that accounts and users may create: aws-services (only for AWS services that act for them), any, or none."
  type        = string
  default     = "aws-services"

  validation {
    condition     = contains(["aws-services", "any", "none"], var.grants)
    error_message = "grants must be aws-services, any or none."
  }
}

variable "key_spec" {
  description = "The key spec of the key that the policy is for; the actions that users get follow from it."
  type        = string
  default     = "SYMMETRIC_DEFAULT"

  validation {
    condition     = can(regex("^[A-Z0-9_]+$", var.key_spec))
    error_message = "key_spec must be a key spec as KMS writes it, e.g. SYMMETRIC_DEFAULT."
  }
}

variable "key_usage" {
  description = "The key usage of the key that the policy is for."
  type        = string
  default     = "ENCRYPT_DECRYPT"

  validation {
    condition     = contains(["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"], var.key_usage)
    error_message = "key_usage must be ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC, KEY_AGREEMENT or ENCAPSULATE_DECAPSULATE."
  }
}

variable "policy" {
  description = "A whole key policy as JSON. It replaces the one that is built from the other variables."
  type        = string
  default     = null

  validation {
    condition     = var.policy == null ? true : can(jsondecode(var.policy).Statement) && length(var.policy) <= 32768
    error_message = "policy must be a JSON object with \"Statement\", of at most 32768 characters."
  }
}
