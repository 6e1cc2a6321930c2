# From version 6.0.0 of the provider. Copy this folder's files beside main.tf to give the key a Region of its own.

variable "region" {
  description = "The Region of the primary key. Default: the Region of the provider. A change would replace the key."
  type        = string
  default     = null
}
