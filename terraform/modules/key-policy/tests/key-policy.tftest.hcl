mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "999900001111" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

run "the_account_alone_when_nobody_else_is_named" {
  command = plan

  assert {
    condition = jsondecode(output.json) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "AccountRoot"
        Effect    = "Allow"
        Principal = { AWS = ["arn:aws:iam::999900001111:root"] }
        Action    = ["kms:*"]
        Resource  = "*"
      }]
    }
    error_message = "The policy must hold the account-root statement and nothing else."
  }
}

run "other_accounts_may_use_the_key_and_let_aws_services_use_it" {
  command = plan

  variables {
    account_ids = ["111122223333", "044455556666", "111122223333"]
  }

  assert {
    condition     = [for statement in jsondecode(output.json).Statement : statement.Sid] == ["AccountRoot", "OtherAccounts", "GrantsForAWSServices"]
    error_message = "There must be a statement for other accounts and one for the grants of AWS services."
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Principal.AWS == ["arn:aws:iam::044455556666:root", "arn:aws:iam::111122223333:root"]
    error_message = "Accounts must be sorted, once each, with their leading zeros."
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Action == ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    error_message = "Other accounts must get the actions of a symmetric key, without CreateGrant."
  }

  assert {
    condition     = jsondecode(output.json).Statement[2].Condition == { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    error_message = "Grants must be for AWS services only."
  }
}

run "any_grants_are_an_action_like_the_others" {
  command = plan

  variables {
    account_ids = ["111122223333"]
    grants      = "any"
  }

  assert {
    condition     = contains(jsondecode(output.json).Statement[1].Action, "kms:CreateGrant") && length(jsondecode(output.json).Statement) == 2
    error_message = "CreateGrant must be among the actions, without a condition."
  }
}

run "no_grants_when_none_are_wanted" {
  command = plan

  variables {
    account_ids    = ["111122223333"]
    administrators = ["arn:aws:iam::999900001111:role/admin"]
    users          = ["arn:aws:iam::999900001111:role/app"]
    grants         = "none"
  }

  assert {
    condition     = !can(regex("Grant\"", replace(output.json, "kms:RevokeGrant", "")))
    error_message = "No statement may let anybody but the account create or list grants."
  }
}

run "the_own_account_gets_no_second_statement" {
  command = plan

  variables {
    account_ids = ["999900001111"]
  }

  assert {
    condition     = length(jsondecode(output.json).Statement) == 1
    error_message = "The key's own account has its statement already."
  }
}

run "administrators_cannot_use_the_key" {
  command = plan

  variables {
    administrators = ["arn:aws:iam::999900001111:role/admin"]
  }

  assert {
    condition = length(setintersection(jsondecode(output.json).Statement[1].Action, [
      "kms:*", "kms:Create*", "kms:CreateGrant", "kms:Decrypt", "kms:Encrypt", "kms:Sign", "kms:GenerateDataKey*", "kms:ReEncrypt*",
    ])) == 0
    error_message = "Administrators must have no action by which they use the key or let themselves use it."
  }
}

run "the_order_of_the_variables_does_not_matter" {
  command = plan

  variables {
    account_ids = ["111122223333", "044455556666"]
    users       = ["arn:aws:iam::999900001111:role/b", "arn:aws:iam::999900001111:role/a"]
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Principal.AWS == ["arn:aws:iam::999900001111:role/a", "arn:aws:iam::999900001111:role/b"]
    error_message = "Users must be sorted."
  }
}

run "actions_of_a_signing_key" {
  command = plan

  variables {
    users     = ["arn:aws:iam::999900001111:role/app"]
    key_spec  = "RSA_2048"
    key_usage = "SIGN_VERIFY"
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Action == ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"]
    error_message = "Users of a signing key must be able to sign and verify, and nothing else."
  }
}

run "actions_of_an_asymmetric_encryption_key" {
  command = plan

  variables {
    users    = ["arn:aws:iam::999900001111:role/app"]
    key_spec = "RSA_2048"
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Action == ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GetPublicKey", "kms:ReEncrypt*"]
    error_message = "An asymmetric key has a public key, and makes no data keys."
  }
}

run "actions_of_an_hmac_key" {
  command = plan

  variables {
    users     = ["arn:aws:iam::999900001111:role/app"]
    key_spec  = "HMAC_256"
    key_usage = "GENERATE_VERIFY_MAC"
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Action == ["kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"]
    error_message = "Users of an HMAC key must be able to make and verify MACs, and nothing else."
  }
}

run "actions_of_a_key_agreement_key" {
  command = plan

  variables {
    users     = ["arn:aws:iam::999900001111:role/app"]
    key_spec  = "ECC_NIST_P256"
    key_usage = "KEY_AGREEMENT"
  }

  assert {
    condition     = jsondecode(output.json).Statement[1].Action == ["kms:DeriveSharedSecret", "kms:DescribeKey", "kms:GetPublicKey"]
    error_message = "Users of a key agreement key must be able to derive secrets, and nothing else."
  }
}

run "a_whole_policy_replaces_the_built_one" {
  command = plan

  variables {
    account_ids = ["111122223333"]
    policy      = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }

  assert {
    condition     = output.json == "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    error_message = "The policy must be the given one, to the letter."
  }
}

run "other_partitions_have_root_arns_of_their_own" {
  command = plan

  variables {
    account_ids = ["111122223333"]
  }

  override_data {
    target = data.aws_partition.current
    values = { partition = "aws-cn" }
  }

  assert {
    condition     = alltrue([for s in jsondecode(output.json).Statement : alltrue([for arn in s.Principal.AWS : startswith(arn, "arn:aws-cn:iam::")])])
    error_message = "Every root ARN must be of the key's partition."
  }
}

run "bad_values_are_refused" {
  command = plan

  variables {
    account_ids    = ["11112222333"]
    administrators = ["arn:aws:sts::999900001111:assumed-role/admin/session"]
    users          = ["*"]
    grants         = "all"
    key_spec       = "rsa"
    key_usage      = "SIGN"
    policy         = "Statement"
  }

  expect_failures = [
    var.account_ids, var.administrators, var.users, var.grants, var.key_spec, var.key_usage, var.policy,
  ]
}
