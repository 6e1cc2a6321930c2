# One key policy for the primary and all its replicas. KMS keeps a policy with each key, so each of them gets this text.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  # Sorted and without doubles, so that the order in which they are given never shows up as a change. The key's own
  # account has its statement already.
  administrators = sort(distinct(var.administrators))
  users          = sort(distinct(var.users))
  accounts       = sort([for id in setsubtract(var.account_ids, [local.account_id]) : "arn:${local.partition}:iam::${id}:root"])

  # What "use" is depends on what the key is for: the actions of the KMS developer guide's table of key types. Data keys
  # are made under symmetric keys only, and only key pairs have a public key.
  encrypt_actions = var.key_spec == "SYMMETRIC_DEFAULT" ? ["kms:GenerateDataKey*"] : ["kms:GetPublicKey"]
  usage_actions = {
    ENCRYPT_DECRYPT         = concat(["kms:Decrypt", "kms:Encrypt", "kms:ReEncrypt*"], local.encrypt_actions)
    SIGN_VERIFY             = ["kms:GetPublicKey", "kms:Sign", "kms:Verify"]
    GENERATE_VERIFY_MAC     = ["kms:GenerateMac", "kms:VerifyMac"]
    KEY_AGREEMENT           = ["kms:DeriveSharedSecret", "kms:GetPublicKey"]
    ENCAPSULATE_DECAPSULATE = ["kms:Decapsulate", "kms:Encapsulate", "kms:GetPublicKey"]
  }
  use_actions = sort(concat(
    ["kms:DescribeKey"],
    local.usage_actions[var.key_usage],
    var.grants == "any" ? ["kms:CreateGrant"] : [],
  ))

  # Named one by one instead of kms:Create* and so on: that would hold kms:CreateGrant, and with it the use of the key.
  administration_actions = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:GetPublicKey",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReplicateKey",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
    "kms:UpdatePrimaryRegion",
  ]

  candidates = [
    # Without it IAM policies of the account mean nothing for the key, and nobody could ever change this policy again.
    {
      sid        = "AccountRoot"
      principals = ["arn:${local.partition}:iam::${local.account_id}:root"]
      actions    = ["kms:*"]
      condition  = {}
    },
    {
      sid        = "Administrators"
      principals = local.administrators
      actions    = local.administration_actions
      condition  = {}
    },
    {
      sid        = "Users"
      principals = local.users
      actions    = local.use_actions
      condition  = {}
    },
    {
      sid        = "OtherAccounts"
      principals = local.accounts
      actions    = local.use_actions
      condition  = {}
    },
    {
      sid        = "GrantsForAWSServices"
      principals = var.grants == "aws-services" ? concat(local.accounts, local.users) : []
      actions    = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
      condition  = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    },
  ]

  # An empty list of principals does not mean "nobody", it is a policy that KMS rejects: so there is no statement then.
  statements = [for candidate in local.candidates : merge(
    {
      Sid       = candidate.sid
      Effect    = "Allow"
      Principal = { AWS = candidate.principals }
      Action    = candidate.actions
      Resource  = "*"
    },
    length(candidate.condition) > 0 ? { Condition = candidate.condition } : {},
  ) if length(candidate.principals) > 0]
}
