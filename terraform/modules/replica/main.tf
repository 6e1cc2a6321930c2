# A replica key and its alias, in the Region of the provider. With the primary it shares the id, the material, the spec,
# the usage and the rotation; policy, tags, description and alias are its own.

resource "aws_kms_replica_key" "this" {
  primary_key_arn         = var.primary_key_arn
  description             = var.description
  deletion_window_in_days = var.deletion_window_in_days
  policy                  = var.policy
  tags                    = var.tags

  lifecycle {
    # Data under a deleted key is gone. How to let a key go on purpose is in the README.
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.alias}"
  target_key_id = aws_kms_replica_key.this.key_id

  # The new name is there before the old one goes, so that a renamed alias leaves no moment without one.
  lifecycle {
    create_before_destroy = true
  }
}
