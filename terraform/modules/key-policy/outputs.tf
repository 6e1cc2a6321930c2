output "json" {
  description = "The key policy, for the primary and for each replica."
  value       = var.policy == null ? jsonencode({ Version = "2012-10-17", Statement = local.statements }) : var.policy
}

output "account_id" {
  description = "The account that the key belongs to."
  value       = local.account_id
}
