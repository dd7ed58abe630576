// The tables of fields: every key of the configuration.
#pragma once

#include <span>
#include <vector>

#include "lib/config/config.h"
#include "lib/yaml/field.h"

namespace usher::config {

// The fields at the top of the file and, inside them, all others.
std::span<const yaml::Field<Config>> ServiceFields();
// The fields of an element of `issuers`.
std::span<const yaml::Field<issuer::Config>> IssuerFields();

// The documentation of every field, in the order of the tables. The defaults
// are those of the structs.
std::vector<yaml::FieldDoc> FieldDocs();

}  // namespace usher::config
