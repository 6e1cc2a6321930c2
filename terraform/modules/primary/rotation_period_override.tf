# From version 5.49.0 of the provider. For an older one, delete this file from your copy of the module.

resource "aws_kms_key" "this" {
  # AWS's own default is written out: left to the provider, a period that was set once would stay for ever.
  rotation_period_in_days = local.enable_key_rotation ? coalesce(var.rotation_period_in_days, 365) : null
}
