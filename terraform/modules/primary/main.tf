# The primary key and its alias, in the Region of the provider. Here is only what version 3.64.0 of the provider knows;
# what came later is in override files, one for each version, which an older provider does without.

resource "aws_kms_key" "this" {
  description              = var.description
  multi_region             = true
  customer_master_key_spec = var.key_spec
  key_usage                = var.key_usage
  enable_key_rotation      = local.enable_key_rotation
  deletion_window_in_days  = var.deletion_window_in_days
  policy                   = var.policy
  tags                     = var.tags

  lifecycle {
    # Data under a deleted key is gone. How to let a key go on purpose is in the README.
    prevent_destroy = true

    precondition {
      condition     = contains(lookup(local.usages, var.key_spec, []), var.key_usage)
      error_message = "KMS has no ${var.key_spec} key for ${var.key_usage}. ${var.key_spec} allows: ${join(", ", lookup(local.usages, var.key_spec, ["nothing, it is not a key spec"]))}."
    }

    precondition {
      condition     = var.rotation_period_in_days == null || local.enable_key_rotation
      error_message = "rotation_period_in_days has no effect on a key that does not rotate: enable_key_rotation is off, or the key is not SYMMETRIC_DEFAULT."
    }

    precondition {
      condition     = var.enable_key_rotation != true || local.can_rotate
      error_message = "AWS rotates the material of SYMMETRIC_DEFAULT keys only: leave enable_key_rotation out for a ${var.key_spec} key."
    }
  }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.alias}"
  target_key_id = aws_kms_key.this.key_id

  # The new name is there before the old one goes, so that a renamed alias leaves no moment without one.
  lifecycle {
    create_before_destroy = true
  }
}

locals {
  can_rotate          = var.key_spec == "SYMMETRIC_DEFAULT"
  enable_key_rotation = coalesce(var.enable_key_rotation, local.can_rotate)

  # The pairs of the KMS API reference, CreateKey.
  usages = {
    SYMMETRIC_DEFAULT     = ["ENCRYPT_DECRYPT"]
    RSA_2048              = ["ENCRYPT_DECRYPT", "SIGN_VERIFY"]
    RSA_3072              = ["ENCRYPT_DECRYPT", "SIGN_VERIFY"]
    RSA_4096              = ["ENCRYPT_DECRYPT", "SIGN_VERIFY"]
    ECC_NIST_P256         = ["SIGN_VERIFY", "KEY_AGREEMENT"]
    ECC_NIST_P384         = ["SIGN_VERIFY", "KEY_AGREEMENT"]
    ECC_NIST_P521         = ["SIGN_VERIFY", "KEY_AGREEMENT"]
    ECC_SECG_P256K1       = ["SIGN_VERIFY"]
    ECC_NIST_EDWARDS25519 = ["SIGN_VERIFY"]
    HMAC_224              = ["GENERATE_VERIFY_MAC"]
    HMAC_256              = ["GENERATE_VERIFY_MAC"]
    HMAC_384              = ["GENERATE_VERIFY_MAC"]
    HMAC_512              = ["GENERATE_VERIFY_MAC"]
    ML_DSA_44             = ["SIGN_VERIFY"]
    ML_DSA_65             = ["SIGN_VERIFY"]
    ML_DSA_87             = ["SIGN_VERIFY"]
    ML_KEM_512            = ["ENCAPSULATE_DECAPSULATE"]
    ML_KEM_768            = ["ENCAPSULATE_DECAPSULATE"]
    ML_KEM_1024           = ["ENCAPSULATE_DECAPSULATE"]
    SM2                   = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"]
  }
}
