mock_provider "aws" {}

variables {
  alias           = "aws_cb_cmk"
  policy          = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  primary_key_arn = "arn:aws:kms:ap-southeast-1:999900001111:key/mrk-0123456789abcdef0123456789abcdef"
}

run "a_replica_has_policy_tags_description_and_alias_of_its_own" {
  command = plan

  variables {
    description             = "Customer data, Sydney"
    deletion_window_in_days = 7
    tags                    = { team = "payments" }
  }

  assert {
    condition = (
      aws_kms_replica_key.this.primary_key_arn == var.primary_key_arn &&
      aws_kms_replica_key.this.policy == var.policy &&
      aws_kms_replica_key.this.description == "Customer data, Sydney" &&
      aws_kms_replica_key.this.deletion_window_in_days == 7 &&
      aws_kms_replica_key.this.tags["team"] == "payments"
    )
    error_message = "KMS shares none of these with the primary, so the replica must have them itself."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/aws_cb_cmk"
    error_message = "The alias must be the primary's."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    alias                   = "a.b"
    policy                  = "[]"
    tags                    = { team = join("", [for n in range(257) : "x"]) }
    deletion_window_in_days = 6
    primary_key_arn         = "arn:aws:kms:ap-southeast-1:999900001111:key/01234567-89ab-cdef-0123-456789abcdef"
  }

  expect_failures = [var.alias, var.policy, var.tags, var.deletion_window_in_days, var.primary_key_arn]
}
