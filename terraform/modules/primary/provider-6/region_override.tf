# An older provider would take no notice of "region" here, and make the key in another Region: so none may be chosen.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0"
    }
  }
}

resource "aws_kms_key" "this" {
  region = var.region
}

resource "aws_kms_alias" "this" {
  region = var.region
}
