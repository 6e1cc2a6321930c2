mock_provider "aws" {}

variables {
  alias  = "aws_cb_cmk"
  policy = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
}

run "a_rotating_multi_region_key_and_its_alias" {
  command = plan

  assert {
    condition     = aws_kms_key.this.multi_region && aws_kms_key.this.enable_key_rotation
    error_message = "The key must be a multi-Region key that rotates."
  }

  assert {
    condition     = aws_kms_key.this.deletion_window_in_days == 30
    error_message = "The default window must be the longest one."
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/aws_cb_cmk"
    error_message = "The alias must have its prefix."
  }
}

run "every_setting_reaches_the_key" {
  command = plan

  variables {
    description             = "Customer data"
    deletion_window_in_days = 7
    rotation_period_in_days = 90
    tags                    = { team = "payments" }
  }

  assert {
    condition = (
      aws_kms_key.this.description == "Customer data" &&
      aws_kms_key.this.deletion_window_in_days == 7 &&
      aws_kms_key.this.rotation_period_in_days == 90 &&
      aws_kms_key.this.tags["team"] == "payments" &&
      aws_kms_key.this.policy == var.policy
    )
    error_message = "A setting did not reach the key."
  }
}

run "a_signing_key_that_does_not_rotate" {
  command = plan

  variables {
    key_spec  = "ECC_NIST_P256"
    key_usage = "SIGN_VERIFY"
  }

  assert {
    condition     = aws_kms_key.this.customer_master_key_spec == "ECC_NIST_P256" && aws_kms_key.this.key_usage == "SIGN_VERIFY" && !aws_kms_key.this.enable_key_rotation
    error_message = "Spec and usage must be those asked for, without rotation."
  }
}

run "keys_of_other_specs_do_not_rotate_by_default" {
  command = plan

  variables {
    key_spec  = "HMAC_256"
    key_usage = "GENERATE_VERIFY_MAC"
  }

  assert {
    condition     = !aws_kms_key.this.enable_key_rotation
    error_message = "AWS rotates symmetric keys only."
  }
}

run "a_usage_that_the_spec_does_not_allow_is_refused" {
  command = plan

  variables {
    key_spec            = "RSA_2048"
    key_usage           = "GENERATE_VERIFY_MAC"
    enable_key_rotation = false
  }

  expect_failures = [aws_kms_key.this]
}

run "rotation_of_an_asymmetric_key_is_refused" {
  command = plan

  variables {
    key_spec            = "RSA_2048"
    enable_key_rotation = true
  }

  expect_failures = [aws_kms_key.this]
}

run "a_period_without_rotation_is_refused" {
  command = plan

  variables {
    enable_key_rotation     = false
    rotation_period_in_days = 180
  }

  expect_failures = [aws_kms_key.this]
}

run "bad_values_are_refused" {
  command = plan

  variables {
    alias                   = "alias/aws_cb_cmk"
    policy                  = "none"
    tags                    = { "aws:team" = "payments" }
    deletion_window_in_days = 31
    key_spec                = "rsa"
    key_usage               = "SIGN"
    rotation_period_in_days = 90.5
  }

  expect_failures = [
    var.alias, var.policy, var.tags, var.deletion_window_in_days, var.key_spec, var.key_usage, var.rotation_period_in_days,
  ]
}

run "the_aliases_of_aws_are_refused" {
  command = plan

  variables {
    alias                   = "aws/s3"
    deletion_window_in_days = 6
    rotation_period_in_days = 89
  }

  expect_failures = [var.alias, var.deletion_window_in_days, var.rotation_period_in_days]
}
