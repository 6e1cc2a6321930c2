output "arn" {
  description = "The ARN of the primary key."
  value       = aws_kms_key.this.arn
}

output "key_id" {
  description = "The id that the primary and all its replicas share, beginning with \"mrk-\"."
  value       = aws_kms_key.this.key_id
}

output "alias_arn" {
  description = "The ARN of the alias in this Region."
  value       = aws_kms_alias.this.arn
}
