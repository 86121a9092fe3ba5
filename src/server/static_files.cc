#include <memory>
#include <utility>

#include <sluice/handler.h>
#include <sluice/options.h>

#include "server/served_directory.h"

namespace sluice {

namespace {

void check(const Directory& directory) {
  constexpr std::string_view kSite = "sites[0].";
  Options options;
  options.cache_directory.push_back('/');  // whether a server has one is not known here
  static_cast<Directory&>(options.sites[0]) = directory;
  for (const OptionProblem& problem : find_problems(options)) {
    if (!problem.option.starts_with(kSite)) continue;
    throw StartError(StartError::Kind::kUsage, problem.option.substr(kSite.size()),
                     problem.message);
  }
}

// Takes what it names by value, so that it may outlive its handler.
Task<Response> name_directory(std::shared_ptr<const ServedDirectory> served) {
  co_return Response(std::move(served));
}

}  // namespace

Handler static_files(std::string root) {
  Directory directory;
  directory.root = std::move(root);
  return static_files(std::move(directory));
}

Handler static_files(Directory directory) {
  check(directory);
  if (directory.uploads) {
    throw StartError(StartError::Kind::kUsage, "uploads", "they are for a site or a mount");
  }
  const auto served = std::make_shared<const ServedDirectory>(std::move(directory));
  return [served]([[maybe_unused]] Request& request) { return name_directory(served); };
}

}  // namespace sluice
