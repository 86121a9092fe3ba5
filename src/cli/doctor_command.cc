#include "cli/doctor_command.h"

#include <fmt/core.h>

#include <sluice/doctor.h>

namespace sluice::cli {

namespace {

const char* mark_of(const Feature& feature) {
  if (feature.available) return "ok";
  return feature.required ? "missing" : "note";
}

void print(const Feature& feature) {
  fmt::print("{:8}{:24}{}", mark_of(feature), feature.name, feature.detail);
  if (!feature.available) fmt::print("; {}", feature.consequence);
  fmt::print("\n");
}

}  // namespace

DoctorCommand::DoctorCommand(CLI::App& app)
    : command_(app.add_subcommand("doctor",
                                  "Tell what this system allows, and whether sluice can "
                                  "serve on it")) {}

int DoctorCommand::run() const {
  const Diagnosis diagnosis = diagnose();
  for (const Feature& feature : diagnosis.features) print(feature);
  if (diagnosis.refusal.empty()) {
    fmt::print("sluice can serve here\n");
    return 0;
  }
  fmt::print("sluice cannot serve here: {}\n", diagnosis.refusal);
  return 1;
}

}  // namespace sluice::cli
