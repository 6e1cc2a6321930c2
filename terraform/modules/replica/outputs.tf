output "arn" {
  description = "The ARN of the replica key."
  value       = aws_kms_replica_key.this.arn
}

output "alias_arn" {
  description = "The ARN of the alias in this Region."
  value       = aws_kms_alias.this.arn
}
